import type { Dialect, Driver, Kysely, KyselyProps, QueryExecutor } from 'kysely'

/**
 * What Kysely's constructors ask for, on behalf of an instance that is built already and keeps its own
 * driver and dialect to itself. Whatever would use them goes to that instance.
 */
export function standInProps<DB>(inner: Kysely<DB>, executor: QueryExecutor): KyselyProps {
  const dialect: Pick<Dialect, 'createIntrospector'> = {
    createIntrospector: () => inner.introspection,
  }
  const driver: Pick<Driver, 'destroy'> = {
    destroy: () => inner.destroy(),
  }
  return {
    config: { dialect: dialect as Dialect },
    dialect: dialect as Dialect,
    driver: driver as Driver,
    executor,
  }
}
