import { readFile } from 'node:fs/promises'
import { csvParse } from 'd3-dsv'

/** A film as `movies.json` of the vega-datasets package has it. */
export interface FilmRecord {
  readonly Title: string | number | null
  readonly 'US Gross': number | null
  readonly 'Worldwide Gross': number | null
  readonly 'Production Budget': number | null
  readonly 'Release Date': string | null
  readonly 'MPAA Rating': string | null
  readonly 'Running Time min': number | null
  readonly Distributor: string | null
  readonly Source: string | null
  readonly 'Major Genre': string | null
  readonly 'Creative Type': string | null
  readonly Director: string | null
  readonly 'Rotten Tomatoes Rating': number | null
  readonly 'IMDB Rating': number | null
  readonly 'IMDB Votes': number | null
}

export interface Dataset {
  readonly films: readonly FilmRecord[]
  readonly airports: readonly Record<string, string>[]
  readonly routes: readonly Record<string, string>[]
}

/** 3,201 films, 3,376 airports and 5,366 routes between them, from a package that npm has installed. */
export async function readDataset(): Promise<Dataset> {
  const [films, airports, routes] = await Promise.all([
    readText('movies.json').then((text) => JSON.parse(text) as FilmRecord[]),
    readText('airports.csv').then((text) => csvParse(text)),
    readText('flights-airport.csv').then((text) => csvParse(text)),
  ])
  return { films, airports, routes }
}

function readText(file: string): Promise<string> {
  return readFile(new URL(`../data/${file}`, import.meta.resolve('vega-datasets')), 'utf8')
}
