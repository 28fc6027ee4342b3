/**
 * Gathers what is asked for in one tick, sends it together, and answers all of it in one tick.
 *
 * The second half matters as much as the first: Prisma joins the `findUnique` calls of one tick into one statement, so
 * whoever came together must go on together.
 */
export class TickBatch<Request extends object, Answer> {
  readonly #send: (requests: readonly Request[]) => Promise<readonly Answer[]>
  #gathering:
    { readonly requests: Map<string, Request>; answers: Promise<Map<string, Answer>> } | undefined

  /** @param send gives an answer for each request, in their order */
  constructor(send: (requests: readonly Request[]) => Promise<readonly Answer[]>) {
    this.#send = send
  }

  /** @param id those who ask for the same in one tick are answered together */
  async ask(id: string, request: Request): Promise<Answer> {
    const { requests, answers } = (this.#gathering ??= this.#gather())
    if (!requests.has(id)) requests.set(id, request)
    // Every answer is there, by the map's making.
    return (await answers).get(id)!
  }

  #gather() {
    const requests = new Map<string, Request>()
    const answers = new Promise<Map<string, Answer>>((resolve, reject) => {
      // The next tick comes when all that is ready to run has run.
      process.nextTick(() => {
        this.#gathering = undefined
        const ids = [...requests.keys()]
        this.#send([...requests.values()]).then(
          (found) => resolve(new Map(ids.map((id, at) => [id, found[at]!]))),
          reject,
        )
      })
    })
    return { requests, answers }
  }
}
