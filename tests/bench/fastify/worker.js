// Publishes what was accepted: reads it, creates the order, writes mapping and log in one statement.
import pg from 'pg'
import { createOrder } from './magento.js'
import { queue } from './queues.js'
import { settings } from './settings.js'

const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: settings.concurrency + 1 })

const READ = { name: 'read', text: 'SELECT body FROM inbox WHERE id = $1' }
const IS_MAPPED = { name: 'is-mapped', text: 'SELECT FROM mapping WHERE order_nbr = $1' }
const RECORD = {
  name: 'record',
  text: `WITH mapped AS (
           INSERT INTO mapping (order_nbr, magento_id) VALUES ($2, $3) ON CONFLICT DO NOTHING
         )
         INSERT INTO log (inbox_id, order_nbr, message) VALUES ($1, $2, $4)`,
}

async function publish (id) {
  const { rows: [{ body }] } = await pool.query({ ...READ, values: [id] })
  const { Inserted: lines } = JSON.parse(body)
  const number = lines[0].OrderNbr
  const { rowCount } = await pool.query({ ...IS_MAPPED, values: [number] })
  if (rowCount > 0) return
  const magentoId = await createOrder(lines)
  const message = `${number} published as Magento order ${magentoId}`
  await pool.query({ ...RECORD, values: [id, number, magentoId, message] })
}

await queue.work(pool, publish)
console.log('{"working":true}')
