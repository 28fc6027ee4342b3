import { EVERYTHING } from '@tidemark/core'
import { expect, it, vi } from 'vitest'
import { film, genre, key, writer, type Processes } from './processes.ts'

/** What a writer at work keeps others from. */
export function locksContract(processes: Processes): void {
  it('is locked for all from intent to release, and then has a new token', async () => {
    const { one, other } = processes()
    const marks = one.marksOf([film])
    const [before] = await one.tier.mint(marks)
    await one.tier.intent(marks, writer('w'))
    expect((await other.tier.lookup(marks)).marks).toEqual(['locked'])
    expect(await other.tier.mint(marks)).toEqual(['locked'])
    await one.tier.release(marks, writer('w'))
    const [after] = await other.tier.mint(marks)
    expect(after).not.toBe('locked')
    expect(after).not.toBe(before)
  })

  it('locks only what it is told to', async () => {
    const { one, other } = processes()
    const [everything, ofFilm, ofGenre] = one.marksOf([EVERYTHING, film, genre], key)
    await one.tier.mint([everything!, ofFilm!, ofGenre!])
    await one.tier.intent([ofFilm!], writer('w'))
    const { marks } = await other.tier.lookup([everything!, ofFilm!, ofGenre!])
    expect(marks.map((mark) => mark === 'locked')).toEqual([false, true, false])
    await one.tier.release([ofFilm!], writer('w'))
  })

  it('stays locked until the last of several writers has let go', async () => {
    const { one, other } = processes()
    const marks = one.marksOf([film])
    await one.tier.intent(marks, writer('first'))
    await other.tier.intent(marks, writer('second'))
    await one.tier.release(marks, writer('first'))
    expect((await one.tier.lookup(marks)).marks).toEqual(['locked'])
    await other.tier.release(marks, writer('stranger'))
    expect((await one.tier.lookup(marks)).marks).toEqual(['locked'])
    await other.tier.release(marks, writer('second'))
    expect((await one.tier.lookup(marks)).marks).toEqual(['absent'])
  })

  it('keeps an abandoned lock until its lease ends, and that of a writer at work beyond it', async () => {
    const { connect, place } = processes()
    const [one, other] = [connect(place.leaseMs), connect(place.leaseMs)]
    const [ofFilm, ofGenre] = one.marksOf([film, genre])
    const [before] = await one.tier.mint([ofFilm!])
    await one.tier.intent([ofFilm!], writer('gone'))
    await one.tier.abandon([ofFilm!], writer('gone'))
    await other.tier.intent([ofGenre!], writer('at work'))
    expect((await other.tier.lookup([ofFilm!])).marks).toEqual(['locked'])
    await vi.waitFor(
      async () => expect((await other.tier.lookup([ofFilm!])).marks).toEqual(['absent']),
      { timeout: place.leaseMs * 10 },
    )
    expect(await other.tier.mint([ofFilm!])).not.toEqual([before])
    expect((await one.tier.lookup([ofGenre!])).marks).toEqual(['locked'])
    await other.tier.release([ofGenre!], writer('at work'))
  })

  it('locks until the lease ends what is abandoned and whose intent never took hold', async () => {
    const { one, other } = processes()
    const marks = one.marksOf([film])
    await one.tier.mint(marks)
    await one.tier.abandon(marks, writer('w'))
    expect((await other.tier.lookup(marks)).marks).toEqual(['locked'])
  })

  it('tells the others which marks move', async () => {
    const { one, other } = processes()
    const marks = one.marksOf([film, genre])
    // Whoever listens is told; from when on is the tier's own affair, so it is tried until it is heard.
    await vi.waitFor(
      async () => {
        await one.tier.intent(marks, writer('w'))
        await one.tier.release(marks, writer('w'))
        expect(other.moved).toEqual(expect.arrayContaining([...marks]))
      },
      { timeout: 10_000, interval: 100 },
    )
  })
}
