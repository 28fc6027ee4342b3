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

/** More than any application has written down; what comes beyond replaces the oldest and is made again. */
const MAX_PLANS = 2000
