import type { Catalogue } from '@tidemark/sql'

/** Plans by the shape of their operation; bounded, since shapes may be made of user input. */
export class PlanMemo<Plan> {
  readonly #plans = new Map<string, Plan>()

  get(shape: string): Plan | undefined {
    return this.#plans.get(shape)
  }

  getOrMake(shape: string, make: () => Plan): Plan {
    const known = this.#plans.get(shape)
    if (known !== undefined) return known
    if (this.#plans.size >= MAX_PLANS) this.#plans.delete(this.#plans.keys().next().value ?? '')
    const plan = make()
    this.#plans.set(shape, plan)
    return plan
  }
}

/** Plans by what was known of the database when they were made: those of another schema are not used again. */
export class PlanMemoByCatalogue<Plan> {
  readonly #bare = new PlanMemo<Plan>()
  #known: { readonly catalogue: Catalogue; readonly plans: PlanMemo<Plan> } | undefined

  under(catalogue: Catalogue | undefined): PlanMemo<Plan> {
    if (!catalogue) return this.#bare
    if (this.#known?.catalogue !== catalogue) {
      this.#known = { catalogue, plans: new PlanMemo<Plan>() }
    }
    return this.#known.plans
  }
}

/** More than any application has written down; what comes beyond replaces the oldest and is made again. */
const MAX_PLANS = 2000
