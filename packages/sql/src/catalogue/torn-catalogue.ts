/**
 * What a database tells of its tables contradicts itself: it is not read in one moment everywhere. MariaDB is asked by several
 * statements, of all databases that the user may see, and somebody may define tables in between.
 */
export class TornCatalogue extends Error {
  override readonly name = 'TornCatalogue'
}
