// The settings of both processes, from the environment.
const { env } = process

export const settings = {
  databaseUrl: env.DATABASE_URL,
  queue: env.QUEUE ?? 'graphile', // or pgboss
  port: Number(env.PORT ?? 0),
  secret: env.SECRET ?? '',
  servers: Number(env.SERVERS ?? 1),
  poolSize: Number(env.POOL_SIZE ?? 20),
  concurrency: Number(env.CONCURRENCY ?? 24),
  magentoUrl: env.MAGENTO_URL ?? '',
  magentoToken: env.MAGENTO_TOKEN ?? '',
}
