// Two job queues in PostgreSQL behind one interface.
//   prepare  makes the queue's tables
//   keep     one transaction: the notification, and its job unless it is a duplicate
//   work     runs `handler(inboxId)` for each job
import { Logger, run, runMigrations } from 'graphile-worker'
import { PgBoss } from 'pg-boss'
import { settings } from './settings.js'

const TASK = 'publish'

// One statement is one transaction and one round trip.
const KEEP_AND_ADD_JOB = {
  name: 'keep',
  text: `WITH kept AS (
           INSERT INTO inbox (dedup, order_nbr, body) VALUES ($1, $2, $3)
           ON CONFLICT (dedup) DO NOTHING RETURNING id
         )
         SELECT graphile_worker.add_job('${TASK}', json_build_object('id', id)) FROM kept`,
}

export const graphile = {
  async prepare (pool) {
    await runMigrations({ pgPool: pool })
  },

  async open (pool) {
    return async (dedup, orderNbr, body) => {
      const result = await pool.query({ ...KEEP_AND_ADD_JOB, values: [dedup, orderNbr, body] })
      return result.rowCount === 1
    }
  },

  // As its documentation's page on performance recommends.
  async work (pool, handler) {
    await run({
      pgPool: pool,
      logger: logger(),
      noHandleSignals: true,
      taskList: { [TASK]: (payload) => handler(payload.id) },
      preset: {
        worker: {
          concurrentJobs: settings.concurrency,
          maxPoolSize: settings.concurrency + 1,
          localQueue: { size: 500 },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
    })
  },
}

// Its lines for each job cost time and are of no use here; warnings and errors are.
function logger () {
  return new Logger(() => (level, message) => {
    if (level === 'error' || level === 'warning') console.error(message)
  })
}

const KEEP = {
  name: 'keep',
  text: `INSERT INTO inbox (dedup, order_nbr, body) VALUES ($1, $2, $3)
         ON CONFLICT (dedup) DO NOTHING RETURNING id`,
}

async function startBoss (options = {}) {
  const boss = new PgBoss({ connectionString: settings.databaseUrl, ...options })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  return boss
}

export const pgboss = {
  async prepare () {
    const boss = await startBoss()
    await boss.createQueue(TASK)
    await boss.stop({ graceful: false })
  },

  async open (pool) {
    const boss = await startBoss({ supervise: false, schedule: false, max: 1 })
    return async (dedup, orderNbr, body) => {
      const client = await pool.connect()
      try {
        await client.query('BEGIN')
        const kept = await client.query({ ...KEEP, values: [dedup, orderNbr, body] })
        if (kept.rowCount === 1) {
          await boss.send(TASK, { id: kept.rows[0].id }, {
            db: { executeSql: (text, values) => client.query(text, values) },
          })
        }
        await client.query('COMMIT')
        return kept.rowCount === 1
      } catch (error) {
        await client.query('ROLLBACK')
        throw error
      } finally {
        client.release()
      }
    }
  },

  async work (pool, handler) {
    const boss = await startBoss()
    const options = {
      batchSize: 4 * settings.concurrency, // of which as many call Magento as there are connections
      burstWhenBatchFull: true,
      pollingIntervalSeconds: 0.5,
    }
    await boss.work(TASK, options, (jobs) => Promise.all(jobs.map((job) => handler(job.data.id))))
  },
}

export const queue = { graphile, pgboss }[settings.queue]
