// Publishes what was accepted: reads it, creates the order unless it is mapped, writes mapping and
// log in one statement.
import pg from 'pg'
import { createOrder } from './magento.js'
import { queue } from './queues.js'
import { settings } from './settings.js'

const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: settings.concurrency + 1 })

const READ = {
  name: 'read',
  text: `SELECT order_nbr, body,
                EXISTS (SELECT FROM mapping AS m WHERE m.order_nbr = i.order_nbr) AS mapped
         FROM inbox AS i WHERE id = $1`,
}
const RECORD = {
  name: 'record',
  text: `WITH mapped AS (
           INSERT INTO mapping (order_nbr, magento_id) VALUES ($2, $3) ON CONFLICT DO NOTHING
         )
         INSERT INTO log (inbox_id, order_nbr, message) VALUES ($1, $2, $4)`,
}

async function publish (id) {
  const { rows: [{ order_nbr: number, body, mapped }] } = await pool.query({ ...READ, values: [id] })
  if (mapped) return
  const magentoId = await createOrder(JSON.parse(body).Inserted)
  const message = `${number} published as Magento order ${magentoId}`
  await pool.query({ ...RECORD, values: [id, number, magentoId, message] })
}

await queue.work(pool, publish)
console.log('{"working":true}')
