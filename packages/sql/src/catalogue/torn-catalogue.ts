/**
 * What a database tells of its tables contradicts itself: it is not read in one moment everywhere. MySQL and MariaDB are asked
 * by several statements, of all databases that the user may see, and MariaDB leaves out what somebody is altering just then.
 */
export class TornCatalogue extends Error {
  override readonly name = 'TornCatalogue'
}
