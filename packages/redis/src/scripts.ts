import { createHash } from 'node:crypto'

/** A Lua script, which Redis runs as one step that nothing comes between. */
export interface Script {
  readonly text: string
  /** The name under which a server that has seen it knows it. */
  readonly sha: string
}

/**
 * A mark is a token, or locked: `~writer=expiry,writer=expiry`, with a time to live until the last expiry. It is `~!` where
 * more than one writer may have been at work since it was last open. Times are the server's own, in milliseconds, and are
 * written by `%.0f`, since Lua would write large numbers as `1.7e+12`.
 */
const HELPERS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- The writers at work on a mark, but for one, when the last of them ends, whether that one is at work as well, and whether
-- there may have been more than one.
local function others(value, writer)
  local held, last, found, shared = {}, 0, false, false
  if value and string.sub(value, 1, 1) == '~' then
    shared = string.sub(value, 2, 2) == '!'
    for name, expiry in string.gmatch(value, '([^~!,=]+)=(%d+)') do
      if name == writer then
        found = tonumber(expiry) > now
      elseif tonumber(expiry) > now then
        held[#held + 1] = name .. '=' .. expiry
        last = math.max(last, tonumber(expiry))
      end
    end
  end
  return held, last, found, shared
end

local function lock(key, held, last, shared)
  redis.call('SET', key, '~' .. (shared and '!' or '') .. table.concat(held, ','), 'PX', string.format('%.0f', last - now))
end
`

/**
 * Locks marks for a writer, or renews its lock: `KEYS` marks; `ARGV` channel, message, writer, lease in milliseconds, `renew`
 * where it has locked them before. If such a lock is gone, another writer may have been there.
 */
export const INTENT = script(`${HELPERS}
local expiry = now + tonumber(ARGV[4])
for _, key in ipairs(KEYS) do
  local held, last, found, shared = others(redis.call('GET', key), ARGV[3])
  shared = shared or #held > 0 or (ARGV[5] == 'renew' and not found)
  held[#held + 1] = ARGV[3] .. '=' .. string.format('%.0f', expiry)
  lock(key, held, math.max(last, expiry), shared)
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return #KEYS`)

/**
 * Ends a writer's lock, and takes the token away where it had none: `KEYS` marks; `ARGV` channel, message, writer. Returns
 * how many of the locks it still held.
 */
export const RELEASE = script(`${HELPERS}
local kept = 0
for _, key in ipairs(KEYS) do
  local held, last, found = others(redis.call('GET', key), ARGV[3])
  if found then kept = kept + 1 end
  if #held > 0 then lock(key, held, last, true) else redis.call('DEL', key) end
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return kept`)

/**
 * The same, but a mark that the writer has had alone since it locked it gets its next token: `KEYS` marks; `ARGV` channel,
 * message, writer, time to live in milliseconds, a token for each, or nothing for one that is to have none. Returns for each
 * 2 where it has that token, 1 where the lock was still held, else 0.
 */
export const REPLACE = script(`${HELPERS}
local done = {}
for index, key in ipairs(KEYS) do
  local held, last, found, shared = others(redis.call('GET', key), ARGV[3])
  local token = ARGV[index + 4]
  done[index] = found and 1 or 0
  if #held > 0 then
    lock(key, held, last, true)
  elseif found and not shared and token ~= '' then
    redis.call('SET', key, token, 'PX', ARGV[4])
    done[index] = 2
  else
    redis.call('DEL', key)
  end
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return done`)

/**
 * Gives marks that are absent, or of another epoch, a token: `KEYS` marks; `ARGV` epoch, time to live in milliseconds, a
 * token for each. Returns what is there afterwards.
 */
export const MINT = script(`
local marks = {}
for index, key in ipairs(KEYS) do
  local value = redis.call('GET', key)
  if not value or (string.sub(value, 1, 1) ~= '~' and string.sub(value, 1, #ARGV[1]) ~= ARGV[1]) then
    value = ARGV[index + 2]
    redis.call('SET', key, value, 'PX', ARGV[2])
  end
  marks[index] = value
end
return marks`)

/** Ends a claim if it is still its own: `KEYS` claim; `ARGV` who, `over` or `free`, how long it is over in milliseconds. */
export const UNCLAIM = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then
  if ARGV[2] == 'over' then
    redis.call('SET', KEYS[1], 'over', 'PX', ARGV[3])
  else
    redis.call('DEL', KEYS[1])
  end
end
return 0`)

function script(text: string): Script {
  const trimmed = text.trim()
  return { text: trimmed, sha: createHash('sha1').update(trimmed).digest('hex') }
}
