// Creates an order in Magento from a notification's rows, with the fields that amsync sends.
import { Pool } from 'undici'
import { settings } from './settings.js'

const pool = settings.magentoUrl &&
  new Pool(settings.magentoUrl, { connections: settings.concurrency, pipelining: 1 })

const headers = {
  authorization: `Bearer ${settings.magentoToken}`,
  'content-type': 'application/json',
}

async function call (method, path, value) {
  const { statusCode, body } = await pool.request({
    method, path: `/rest/default${path}`, headers, body: value && JSON.stringify(value),
  })
  const answer = await body.json()
  if (statusCode !== 200) throw new Error(`Magento answered ${statusCode}: ${JSON.stringify(answer)}`)
  return answer
}

const products = new Map()

async function productId (sku) {
  if (!products.has(sku)) {
    products.set(sku, (await call('GET', `/V1/products/${encodeURIComponent(sku)}`)).id)
  }
  return products.get(sku)
}

function address (row, side, type) {
  const [first, ...rest] = row[`${side}Name`].split(' ')
  return {
    address_type: type,
    email: row.Email,
    firstname: first,
    lastname: rest.join(' ') || first,
    street: [row[`${side}AddressLine1`]],
    city: row[`${side}City`],
    region_code: row[`${side}State`],
    postcode: row[`${side}PostalCode`],
    country_id: row[`${side}Country`],
    telephone: row[`${side}Phone`] ?? '-',
  }
}

async function item (row) {
  const sku = row.InventoryID.trim()
  const amounts = { price: row.UnitPrice, original_price: row.UnitPrice, row_total: row.ExtPrice }
  return {
    sku,
    name: row.LineDescription,
    product_id: await productId(sku),
    product_type: 'simple',
    store_id: 1,
    ext_order_item_id: String(row.LineNbr),
    qty_ordered: row.OrderQty,
    ...amounts,
    ...Object.fromEntries(Object.entries(amounts).map(([name, value]) => [`base_${name}`, value])),
  }
}

// The id of the new order.
export async function createOrder (rows) {
  const row = rows[0]
  const total = row.OrderTotal
  const billing = address(row, 'BillTo', 'billing')
  const answer = await call('POST', '/V1/orders?fields=entity_id', {
    entity: {
      store_id: 1,
      increment_id: `ACU-${row.OrderType}-${row.OrderNbr}`,
      ext_order_id: `MyStore/${row.OrderType}/${row.OrderNbr}`,
      ext_customer_id: row.CustomerID,
      state: 'new',
      status: 'pending',
      customer_email: row.Email,
      customer_firstname: billing.firstname,
      customer_lastname: billing.lastname,
      customer_is_guest: 1,
      base_currency_code: 'EUR',
      global_currency_code: 'EUR',
      store_currency_code: 'EUR',
      order_currency_code: row.Currency,
      base_subtotal: total,
      subtotal: total,
      base_grand_total: total,
      grand_total: total,
      base_total_due: total,
      total_due: total,
      total_qty_ordered: rows.reduce((sum, line) => sum + line.OrderQty, 0),
      total_item_count: rows.length,
      shipping_description: 'UPS Ground',
      is_virtual: 0,
      items: await Promise.all(rows.map(item)),
      billing_address: billing,
      payment: { method: 'checkmo', base_amount_ordered: total, amount_ordered: total },
      status_histories: [{
        comment: `Acumatica order ${row.OrderType} ${row.OrderNbr}`,
        status: 'pending',
        is_customer_notified: 0,
        is_visible_on_front: 0,
      }],
      extension_attributes: {
        shipping_assignments: [{
          shipping: { address: address(row, 'ShipTo', 'shipping'), method: 'flatrate_flatrate' },
        }],
      },
    },
  })
  return answer.entity_id
}
