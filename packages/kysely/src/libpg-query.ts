// Apart from the rest, so that nobody needs the package `libpg-query` who does not ask for it.
export { postgresParser } from '@tidemark/sql/libpg-query'
