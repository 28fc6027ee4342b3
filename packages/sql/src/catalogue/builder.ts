import type { FunctionEffects } from '../known-functions.ts'
import type { SqlDialect } from '../sql-dialect.ts'
import type { Token } from '../sql-lexer.ts'
import { type Body, type BodyContext, readBody, readTokens } from './body.ts'
import { Catalogue, type CatalogueOptions } from './catalogue.ts'
import { fold } from './fold.ts'
import type {
  Change,
  ForeignKey,
  FunctionVolatility,
  Obstacle,
  Relation,
  Trigger,
} from './relation.ts'
import { TornCatalogue } from './torn-catalogue.ts'

export interface CatalogueSettings extends CatalogueOptions {
  readonly dialect: SqlDialect
  readonly functions: FunctionEffects
}

/** A relation as a database names it. */
export interface RelationId {
  readonly schema: string
  readonly name: string
}

interface Draft extends Relation {
  readonly reads: string[]
  readonly writes: string[]
  readonly keys: ForeignKey[]
  readonly triggers: Trigger[]
  obstacle: Obstacle | undefined
  replacesRows: boolean
  primaryKey: readonly string[] | undefined
}

/** Puts a catalogue together from the rows that a database answers with: names first, then what refers to them. */
export class CatalogueBuilder {
  readonly #settings: CatalogueSettings
  readonly #drafts = new Map<string, Draft>()
  readonly #namesByBareName = new Map<string, string[]>()
  readonly #functions = new Map<string, FunctionVolatility>()
  readonly #context: BodyContext

  constructor(settings: CatalogueSettings) {
    this.#settings = settings
    this.#context = {
      dialect: settings.dialect,
      functions: settings.functions,
      volatilityOf: (name) => this.#functions.get(name),
      isRelation: (name) => this.#namesByBareName.has(name),
    }
  }

  addRelation({ schema, name }: RelationId, obstacle?: Obstacle): void {
    const physical = this.#physical({ schema, name })
    this.#drafts.set(idOf({ schema, name }), {
      ...{ name: physical, bareName: name, obstacle, replacesRows: false, primaryKey: undefined },
      ...{ reads: [], writes: [], keys: [], triggers: [] },
    })
    const names = this.#namesByBareName.get(fold(name))
    if (names) names.push(physical)
    else this.#namesByBareName.set(fold(name), [physical])
  }

  /** Of several functions of one name the least harmless counts. */
  addFunction({ schema, name }: RelationId, volatility: FunctionVolatility): void {
    for (const key of [fold(name), fold(`${schema}.${name}`)]) {
      const known = this.#functions.get(key)
      const isWorse = !known || HARM.indexOf(volatility) > HARM.indexOf(known)
      if (isWorse) this.#functions.set(key, volatility)
    }
  }

  /** Rows of `part` are rows of `whole`, in whichever of the two they are written. */
  addPart(whole: RelationId, part: RelationId): void {
    const { reads, writes } = this.#draft(whole)
    const name = this.#physical(part)
    reads.push(name)
    writes.push(name)
  }

  addKey(referenced: RelationId, key: Omit<ForeignKey, 'table'>, holder: RelationId): void {
    this.#draft(referenced).keys.push({ ...key, table: this.#physical(holder) })
  }

  addTrigger(table: RelationId, trigger: Trigger): void {
    this.#draft(table).triggers.push(trigger)
  }

  /** To every relation of this name: which schema it is in is not always said. */
  addTriggerTextByName(
    bareName: string,
    on: readonly Change[],
    text: readonly Token[],
    clear: boolean,
  ): void {
    const body = readTokens(text, clear, this.#context)
    const writes = body.isOpaque ? 'unknown' : this.relationsIn(body)
    for (const { bareName: name, triggers } of this.#drafts.values()) {
      if (fold(name) === fold(bareName)) triggers.push({ on, writes })
    }
  }

  /** A trigger, or the like, whose text says what it does. */
  addTriggerText(
    table: RelationId,
    on: readonly Change[],
    text: string,
    setsOwnRow: boolean,
    kind?: Trigger['kind'],
  ): void {
    const body = readBody(text, this.#context)
    const writes = body.isOpaque ? 'unknown' : this.relationsIn(body)
    this.addTrigger(table, { on, writes, sets: setsOwnRow ? body.sets : [], ...(kind && { kind }) })
  }

  /**
   * What a view's text says. Where it is empty and there are no `bases`, the database did not tell.
   *
   * @param bases those that it selects from, where the database tells; else the names in its text do
   */
  addView(
    view: RelationId,
    text: string | readonly Token[],
    clear: boolean,
    bases?: readonly RelationId[],
  ): void {
    const body =
      typeof text === 'string'
        ? readBody(text, this.#context)
        : readTokens(text, clear, this.#context)
    const draft = this.#draft(view)
    const names = bases?.map((base) => this.#physical(base)) ?? this.relationsIn(body)
    const others = names.filter((name) => name !== draft.name)
    draft.reads.push(...others)
    draft.writes.push(...others)
    const isUntold = text.length === 0 && bases === undefined
    if (body.isOpaque || body.isVolatile || isUntold) draft.obstacle ??= 'volatile-view'
  }

  addObstacle(relation: RelationId, obstacle: Obstacle): void {
    this.#draft(relation).obstacle ??= obstacle
  }

  /** What is read of it comes from tables of these names as well. */
  addSources(relation: RelationId, names: readonly string[]): void {
    const draft = this.#draft(relation)
    const known = names.flatMap((name) => this.#namesByBareName.get(fold(name)) ?? [])
    draft.reads.push(...known.filter((name) => name !== draft.name))
  }

  replacesRows(relation: RelationId): void {
    this.#draft(relation).replacesRows = true
  }

  addPrimaryKey(table: RelationId, columns: readonly string[]): void {
    this.#draft(table).primaryKey = columns
  }

  relationsIn({ names }: Body): readonly string[] {
    return [...names].flatMap((name) => this.#namesByBareName.get(name) ?? [])
  }

  build(): Catalogue {
    return new Catalogue(
      { relations: this.#drafts.values(), functions: this.#functions },
      this.#settings,
    )
  }

  /** @throws Error where the rows of a catalogue contradict each other, as they may between two statements */
  #draft(id: RelationId): Draft {
    const draft = this.#drafts.get(idOf(id))
    if (!draft) {
      throw new TornCatalogue(`expected ${id.schema}.${id.name} among the relations, got none`)
    }
    return draft
  }

  /** As `physicalTable` of core has it. */
  #physical({ schema, name }: RelationId): string {
    const { defaultSchema } = this.#settings
    if (defaultSchema === undefined) return name
    return fold(schema) === fold(defaultSchema) ? name : `${schema}.${name}`
  }
}

/** From the least harmful on. */
const HARM: readonly FunctionVolatility[] = ['immutable', 'stable', 'volatile']

function idOf({ schema, name }: RelationId): string {
  return JSON.stringify([schema, name])
}
