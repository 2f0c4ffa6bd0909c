// Writes the workflow and its credentials as n8n imports them: credentials.json, workflow.json.
//   webhook with a shared secret -> unpaid balance 0.00? -> create the order in Magento -> mapping, log
import { writeFile } from 'node:fs/promises'

const { env } = process

const credentials = [
  {
    id: 'benchsecret00001',
    name: 'secret',
    type: 'httpHeaderAuth',
    data: { name: 'X-Amsync-Secret', value: env.SECRET },
  },
  {
    id: 'benchmagento0001',
    name: 'magento',
    type: 'httpHeaderAuth',
    data: { name: 'Authorization', value: `Bearer ${env.MAGENTO_TOKEN}` },
  },
  {
    id: 'benchpostgres001',
    name: 'postgres',
    type: 'postgres',
    data: {
      host: env.DB_POSTGRESDB_HOST,
      port: Number(env.DB_POSTGRESDB_PORT),
      database: env.DB_POSTGRESDB_DATABASE,
      user: env.DB_POSTGRESDB_USER,
      password: env.DB_POSTGRESDB_PASSWORD,
      ssl: 'disable',
      maxConnections: 20,
    },
  },
]

const use = (credential) => ({
  [credential.type]: { id: credential.id, name: credential.name },
})

// An expression of n8n: the create of Magento, of the webhook's first row.
const create = `={{ ((row) => {
  const total = row.OrderTotal
  const address = (side, type) => ({
    address_type: type, email: row.Email, firstname: 'Jersey', lastname: row[side + 'Name'],
    street: [row[side + 'AddressLine1']], city: row[side + 'City'],
    region_code: row[side + 'State'], postcode: row[side + 'PostalCode'],
    country_id: row[side + 'Country'], telephone: row[side + 'Phone'] || '-',
  })
  return JSON.stringify({ entity: {
    store_id: 1, increment_id: 'ACU-SO-' + row.OrderNbr, ext_order_id: 'MyStore/SO/' + row.OrderNbr,
    state: 'new', status: 'pending', customer_email: row.Email, customer_is_guest: 1,
    base_currency_code: 'EUR', order_currency_code: row.Currency,
    base_grand_total: total, grand_total: total, base_subtotal: total, subtotal: total,
    items: [{ sku: row.InventoryID, name: row.LineDescription, product_type: 'simple',
      qty_ordered: row.OrderQty, price: row.UnitPrice, base_price: row.UnitPrice,
      row_total: row.ExtPrice, base_row_total: row.ExtPrice }],
    billing_address: address('BillTo', 'billing'),
    payment: { method: 'checkmo' },
    extension_attributes: { shipping_assignments: [
      { shipping: { address: address('ShipTo', 'shipping'), method: 'flatrate_flatrate' } }] },
  } })
})($('Webhook').item.json.body.Inserted[0]) }}`

const record = `WITH mapped AS (
  INSERT INTO mapping (order_nbr, magento_id) VALUES ($1, $2) ON CONFLICT DO NOTHING
) INSERT INTO log (inbox_id, order_nbr, message) VALUES (0, $1, $1 || ' published')`

const [secret, magento, postgres] = credentials
const nodes = [
  {
    id: 'node-webhook',
    name: 'Webhook',
    type: 'n8n-nodes-base.webhook',
    typeVersion: 2,
    position: [0, 0],
    webhookId: 'acumatica',
    parameters: {
      httpMethod: 'POST',
      path: 'acumatica',
      authentication: 'headerAuth',
      responseMode: 'onReceived',
      options: {},
    },
    credentials: use(secret),
  },
  {
    id: 'node-if',
    name: 'If',
    type: 'n8n-nodes-base.if',
    typeVersion: 2.2,
    position: [200, 0],
    parameters: {
      conditions: {
        options: { caseSensitive: true, leftValue: '', typeValidation: 'loose', version: 2 },
        combinator: 'and',
        conditions: [{
          id: 'unpaid',
          leftValue: '={{ $json.body.Inserted[0].UnpaidBalance }}',
          rightValue: 0,
          operator: { type: 'number', operation: 'equals' },
        }],
      },
      options: {},
    },
  },
  {
    id: 'node-create',
    name: 'Create',
    type: 'n8n-nodes-base.httpRequest',
    typeVersion: 4.2,
    position: [400, 0],
    parameters: {
      method: 'POST',
      url: '={{ $env.MAGENTO_URL }}/rest/default/V1/orders?fields=entity_id,increment_id', // another one at each start
      authentication: 'genericCredentialType',
      genericAuthType: 'httpHeaderAuth',
      sendBody: true,
      specifyBody: 'json',
      jsonBody: create,
      options: {},
    },
    credentials: use(magento),
  },
  {
    id: 'node-record',
    name: 'Record',
    type: 'n8n-nodes-base.postgres',
    typeVersion: 2.6,
    position: [600, 0],
    parameters: {
      operation: 'executeQuery',
      query: record,
      options: {
        queryReplacement:
          "={{ [$('Webhook').item.json.body.Inserted[0].OrderNbr, $json.entity_id] }}",
      },
    },
    credentials: use(postgres),
  },
]

const to = (node) => ({ main: [[{ node, type: 'main', index: 0 }]] })
const workflow = {
  id: 'benchworkflow001',
  name: 'Acumatica to Magento',
  active: true,
  nodes,
  connections: { Webhook: to('If'), If: to('Create'), Create: to('Record') },
  settings: { executionOrder: 'v1', saveDataSuccessExecution: 'none', saveExecutionProgress: false },
}

await writeFile('credentials.json', JSON.stringify(credentials))
await writeFile('workflow.json', JSON.stringify([workflow]))
