// Makes the tables in the database that DATABASE_URL names, and ends.
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { graphile, pgboss } from './queues.js'
import { settings } from './settings.js'

const pool = new pg.Pool({ connectionString: settings.databaseUrl })
await pool.query(await readFile(new URL('schema.sql', import.meta.url), 'utf8'))
await graphile.prepare(pool)
await pgboss.prepare(pool)
await pool.end()
