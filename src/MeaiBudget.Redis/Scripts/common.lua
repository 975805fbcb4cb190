-- Begins every operation. The whole state of a ledger is in the keys that are declared here; no key name is computed:
--   accounts      "period|account" -> an ACCOUNT: charged, unconfirmed, overrun, held, open reservations, forgetAfter
--                 "|account"       -> the account's periods, with spaces between
--                 "g|account"      -> the account's GRANTs: id, amount, expiresAt, caller
--   reservations  id -> a RESERVATION: state, keepUntil, caller of the last change, its adjustments, one letter for each line; then,
--                 unless it is open, the charged AMOUNT of each line; then its LINEs as in the request
--                 state:  O(pen), S(ettled), D (unconfirmed), E(xpired), R(eleased: no lines, and a letter: 1 if it was open, else 0)
--                 letter: 0 for a line that is left out, 1 for one that fits, 2 for one that is held beyond its limit
--   due           the work to do by time: open reservations with the end of their lease as score; fields and reservations to delete with
--                 their negative time as score. One ZCOUNT from -now to now therefore shows whether any work is due. A part of it is done
--                 by each operation; the caller is told if more is left
--                 and the ids of grants, "grant:id", and of adjustments of accounts, "adjust:id", as released reservations
--   audit         grants and adjustments, the newest 10,000
--   settings      name -> value; "" -> the version, which each change raises
--   names         the accounts, all with score 0, so that they can be read by name in pages
--   spent         the dollar accounts of keys by what they were charged, all with score 0: "period|budget/usd/", a space, the charge in such
--                 digits that the largest is first, a space, and the key. An index: what it lacks or has too much of is repaired
-- The first four and names each have an entry that is never deleted, MARK, so that a lost key is noticed.
--
-- Amounts go up to 2^63, but Lua numbers are exact up to 2^53 only. An amount is therefore two numbers, its low and its high 32 bits. In
-- bytes it is a little-endian integer. Times are microseconds, which a Lua number represents exactly. Names have no white space and no zero.
--
-- Small steps use most of the server's time: a pattern match, a conversion between text and number, and the creation of a function each
-- take as long as a short command. Therefore data are bytes, functions are few, and rarely used ones are created on first use.
local accounts, reservations, due, audit, settings, names, spent = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local MARK = ' '
local call, values, pack, unpack = redis.call, unpack, struct.pack, struct.unpack
local _ -- receives unused results of unpack
local rare

local AMOUNT, ACCOUNT, GRANT = '<I4I4', '<I4I4I4I4I4I4I4I4I4d', '<sI4I4ds'
local RESERVATION = '<c1ssss'
-- Account field, amount, limit, forgetAfter, first counted period, mode, 1 if there is a limit, 1 if several periods count.
local LINE = '<sI4I4I4i4ddBBB'
-- Indexes into an unpacked ACCOUNT. For an amount it is the index of the low half; the high half follows. EXISTS is set only for a stored one.
-- WAS is what was charged when the account was read.
local CHARGED, UNCONFIRMED, OVERRUN, HELD, OPEN, FORGET, EXISTS, WAS = 1, 3, 5, 7, 9, 10, 11, 12

local nowText = ARGV[1]
if nowText == '0' then
  local time = call('TIME')
  local part = time[2]
  if #part < 6 then part = string.rep('0', 6 - #part) .. part end
  nowText = time[1] .. part
end
local now = tonumber(nowText)

-- '%d' takes half the time of '%.0f'. On servers with narrower integers its result is too short, so '%.0f' is used there.
local function whole(time)
  local text = string.format('%d', time)
  return #text == 16 and text or string.format('%.0f', time)
end

-- Returns the larger amount minus the smaller one, or zero if the first is not the larger.
local function beyond(low, high, otherLow, otherHigh)
  low, high = low - otherLow, high - otherHigh
  if low < 0 then low, high = low + 4294967296, high - 1 end
  if high < 0 then return 0, 0 end
  return low, high
end

local function less(counts, at, low, high)
  counts[at], counts[at + 1] = beyond(counts[at], counts[at + 1], low, high)
end

-- Sums stop at the largest amount.
local function add(counts, at, low, high)
  low, high = counts[at] + low, counts[at + 1] + high
  if low >= 4294967296 then low, high = low - 4294967296, high + 1 end
  if high >= 2147483648 then low, high = 4294967295, 2147483647 end
  counts[at], counts[at + 1] = low, high
end

local function read(field)
  local text = call('HGET', accounts, field)
  if not text then return { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } end
  -- The last result of unpack, the position after the text, becomes the value of EXISTS.
  local cell = { unpack(ACCOUNT, text) }
  cell[WAS], cell[WAS + 1] = cell[CHARGED], cell[CHARGED + 1]
  return cell
end

-- The entry of an account in spent; nil for an account that is not of a key's dollars. Without a charge, the beginning of all entries.
local function ranked(field, low, high)
  local at = string.find(field, '/', 1, true)
  if not at or string.sub(field, at, at + 4) ~= '/usd/' then return nil end
  local head, key = string.sub(field, 1, at + 4) .. ' ', string.sub(field, at + 5)
  if not low then return head end
  return key ~= '' and string.format('%s%08x%08x %s', head, 2147483647 - high, 4294967295 - low, key) or nil
end

-- Stores the period of an account, or deletes it if it is empty, to save memory.
local function put(field, cell, forgetAfter)
  if cell[OPEN] == 0 and cell[CHARGED] == 0 and cell[CHARGED + 1] == 0 then
    if cell[EXISTS] then rare().drop(field) end
    return
  end
  if not cell[EXISTS] then rare().enter(field) end
  if cell[WAS] ~= cell[CHARGED] or cell[WAS + 1] ~= cell[CHARGED + 1] then
    local entry = ranked(field, cell[CHARGED], cell[CHARGED + 1])
    if entry then
      if cell[WAS] then call('ZREM', spent, ranked(field, cell[WAS], cell[WAS + 1])) end
      call('ZADD', spent, '0', entry)
    end
    cell[WAS], cell[WAS + 1] = cell[CHARGED], cell[CHARGED + 1]
  end
  if not cell[EXISTS] or forgetAfter > cell[FORGET] then
    cell[FORGET] = forgetAfter
    call('ZADD', due, '-' .. whole(forgetAfter), field)
  end
  call('HSET', accounts, field, pack(ACCOUNT, values(cell, 1, FORGET)))
end

-- True if work was left that was due when the operation began.
local isWorkLeft = false

-- Returns a reservation. known.charged and known.lines are the positions of these parts in known.text.
local find
function find(id)
  local text = call('HGET', reservations, id)
  if not text then return nil end
  local state, keep, by, adjusted, letters, after = unpack(RESERVATION, text)
  if isWorkLeft and state == 'O' and rare().expire(id) then return find(id) end
  return { text = text, state = state, keep = keep, by = by, adjusted = adjusted, letters = letters, charged = after,
    lines = state == 'O' and after or after + 8 * #letters }
end

-- Stores the new state of a reservation. A settled one is kept for the given time, others while one of their accounts counts, and for at
-- least an hour.
local function close(id, known, state, by, charged, settledFor)
  local keep = whole(now + (settledFor or 3600000000))
  if state ~= 'S' and tonumber(known.keep) > tonumber(keep) then keep = known.keep end
  call('HSET', reservations, id, pack(RESERVATION, state, known.keep, by, known.adjusted, known.letters) .. charged .. string.sub(known.text, known.lines))
  call('ZADD', due, '-' .. keep, id)
end

-- Replaces a part of a sum. The sum may be less than the part, because an adjustment lowered it; it stops at zero then.
local function swap(counts, at, wasLow, wasHigh, low, high)
  local lackLow, lackHigh = 0, 0
  if wasLow > 0 or wasHigh > 0 then
    lackLow, lackHigh = beyond(wasLow, wasHigh, counts[at], counts[at + 1])
    less(counts, at, wasLow, wasHigh)
  end
  add(counts, at, low, high)
  if lackLow > 0 or lackHigh > 0 then less(counts, at, lackLow, lackHigh) end
end

-- Keeps what is unconfirmed or overrun within the charge, also after an adjustment of the account.
local function within(cell)
  for at = UNCONFIRMED, OVERRUN, 2 do
    if cell[at] > 0 or cell[at + 1] > 0 then
      less(cell, at, beyond(cell[at], cell[at + 1], cell[CHARGED], cell[CHARGED + 1]))
    end
  end
end

-- Replaces an earlier charge in an account.
local function replace(cell, wasLow, wasHigh, low, high, reservedLow, reservedHigh, wasUnconfirmed, isUnconfirmed)
  local overLow, overHigh = beyond(low, high, reservedLow, reservedHigh)
  local wasOverLow, wasOverHigh = beyond(wasLow, wasHigh, reservedLow, reservedHigh)
  swap(cell, CHARGED, wasLow, wasHigh, low, high)
  swap(cell, UNCONFIRMED, wasUnconfirmed and wasLow or 0, wasUnconfirmed and wasHigh or 0, isUnconfirmed and low or 0, isUnconfirmed and high or 0)
  swap(cell, OVERRUN, wasOverLow, wasOverHigh, overLow, overHigh)
  within(cell)
end

-- Replaces the held or charged amounts of the lines by new charges, if applies is true. Returns the states of all accounts before and
-- after, if wantsStates is true, and the current charges. If the caller repeats the operation because the answer was lost (again), it
-- changes nothing and returns the first answer again, as for an open reservation.
local function charge(known, amounts, applies, state, again, wantsStates)
  local wasOpen, states, charged = known.state == 'O', '', amounts
  local wasUnconfirmed, isUnconfirmed = known.state == 'D' or known.state == 'E', state == 'D' or state == 'E'
  local after = known.lines
  for i = 1, #known.letters do
    local field, reservedLow, reservedHigh, forgetAfter, first, isRange
    field, reservedLow, reservedHigh, _, _, forgetAfter, first, _, _, isRange, after = unpack(LINE, known.text, after)
    local at, isTaken, wasLow, wasHigh = 8 * i - 7, string.byte(known.letters, i) ~= 48, 0, 0
    if not wasOpen then wasLow, wasHigh = unpack(AMOUNT, known.text, known.charged + at - 1) end
    local cell = read(field)
    local sum, grantLow, grantHigh = cell
    if wantsStates then
      grantLow, grantHigh = rare().granted(field)
      if isRange == 1 then sum = rare().range(field, first) end
      local before = sum
      if again and isTaken then
        before = { values(sum) }
        less(before, CHARGED, wasLow, wasHigh)
        add(before, HELD, reservedLow, reservedHigh)
      end
      states = states .. rare().stated(before, grantLow, grantHigh, isTaken)
    end
    local counts = applies and (cell[EXISTS] or forgetAfter > now)
    if counts then
      local old = sum ~= cell and { values(cell, CHARGED, HELD + 1) }
      if wasOpen then
        if cell[OPEN] > 0 then cell[OPEN] = cell[OPEN] - 1 end
        if isTaken then less(cell, HELD, reservedLow, reservedHigh) end
      end
      if isTaken then
        local low, high = unpack(AMOUNT, amounts, at)
        replace(cell, wasLow, wasHigh, low, high, reservedLow, reservedHigh, wasUnconfirmed, isUnconfirmed)
      end
      for part = CHARGED, old and HELD or 0, 2 do swap(sum, part, old[part], old[part + 1], cell[part], cell[part + 1]) end
      put(field, cell, forgetAfter)
    end
    if not counts or not isTaken then
      charged = string.sub(charged, 1, at - 1) .. pack(AMOUNT, wasLow, wasHigh) .. string.sub(charged, at + 8)
    end
    if wantsStates then states = states .. rare().stated(sum, grantLow, grantHigh, isTaken) end
  end
  return states, charged
end

-- Creates the rarely used functions on first use.
local made
function rare()
  if made then return made end
  -- "period|account" -> period, account; nil for other fields.
  local function parts(field)
    return string.match(field, '^(%-?%d+)|(.*)$')
  end

  local function periods(account)
    return string.gmatch(call('HGET', accounts, '|' .. account) or '', '%S+')
  end

  -- Returns the sum of an account over a range of periods, with all open reservations. A process whose clock is ahead charges later
  -- periods; the range includes as many of them as it is long.
  local function range(field, first)
    local period, account = parts(field)
    local last = 2 * tonumber(period) - first
    local sum = { 0, 0, 0, 0, 0, 0, 0, 0 }
    for one in periods(account) do
      local other, index = read(one .. '|' .. account), tonumber(one)
      add(sum, HELD, other[HELD], other[HELD + 1])
      if index >= first and index <= last then
        for at = CHARGED, OVERRUN, 2 do add(sum, at, other[at], other[at + 1]) end
      end
    end
    return sum
  end

  -- Returns the sum of an account's grants that have not ended.
  local function granted(field)
    local _, account = parts(field)
    local text, at, sum = call('HGET', accounts, 'g|' .. account) or '', 1, { 0, 0 }
    while at <= #text do
      local _, low, high, expires, _, after = unpack(GRANT, text, at)
      if expires > now then add(sum, 1, low, high) end
      at = after
    end
    return sum[1], sum[2]
  end

  -- Packs an account's state for the answer: charged, held, unconfirmed, overrun, granted, and a flag.
  local function stated(sum, grantLow, grantHigh, flag)
    return pack('<I4I4I4I4I4I4I4I4I4I4', sum[CHARGED], sum[CHARGED + 1], sum[HELD], sum[HELD + 1], sum[UNCONFIRMED], sum[UNCONFIRMED + 1],
      sum[OVERRUN], sum[OVERRUN + 1], grantLow, grantHigh) .. (flag and '1' or '0')
  end

  -- Adds a new period to the list of an account.
  local function enter(field)
    local period, account = parts(field)
    local others = call('HGET', accounts, '|' .. account)
    call('HSET', accounts, '|' .. account, others and (others .. ' ' .. period) or period)
    if not others then call('ZADD', names, '0', account) end
  end

  -- Deletes the period of an account.
  local function drop(field)
    local period, account = parts(field)
    local cell = read(field)
    local entry = ranked(field, cell[CHARGED], cell[CHARGED + 1])
    if entry then call('ZREM', spent, entry) end
    call('HDEL', accounts, field)
    call('ZREM', due, field)
    local kept = {}
    for other in periods(account) do
      if other ~= period then kept[#kept + 1] = other end
    end
    if #kept == 0 then
      call('HDEL', accounts, '|' .. account)
      call('ZREM', names, account)
    else
      call('HSET', accounts, '|' .. account, table.concat(kept, ' '))
    end
  end

  -- Reads a hash in parts, so that no large table is needed.
  local function each(key, visit)
    local cursor, found = '0', {}
    repeat
      local part = call('HSCAN', key, cursor, 'COUNT', '1000')
      cursor = part[1]
      for i = 1, #part[2], 2 do found[#found + 1] = part[2][i] end
    until cursor == '0'
    for _, field in ipairs(found) do
      local value = call('HGET', key, field)
      if value and field ~= MARK then visit(field, value) end
    end
  end

  -- Repairs the ledger after a key or an entry was lost: deletes the work of lost reservations, adds the work of those that have none,
  -- counts again what open reservations hold, and charges again, if the accounts were lost, what is known of them. Takes time in
  -- proportion to the size of the ledger, but runs only after a loss. Returns the number of lost keys and entries; -1 for a new ledger.
  local function heal()
    local wasEmpty = call('EXISTS', accounts, reservations, due, names) == 0
    local areAccountsLost = call('HSETNX', accounts, MARK, '1') == 1
    local lost = (areAccountsLost and 1 or 0) + call('HSETNX', reservations, MARK, '1') + call('ZADD', due, '0', MARK) + call('ZADD', names, '0', MARK)
    local isIndexNew = call('ZADD', spent, '0', MARK) == 1
    if wasEmpty then return -1 end
    if isIndexNew then lost = lost + 1 end
    -- Without any mark the ledger was written by an older version.
    if lost == 5 then lost = 0 end

    for _, member in ipairs(call('ZRANGEBYSCORE', due, '(0', '+inf')) do
      if call('HEXISTS', reservations, member) == 0 then
        call('ZREM', due, member)
        lost = lost + 1
      end
    end

    local sums = {}
    each(reservations, function(id, text)
      local known = find(id)
      if not call('ZSCORE', due, id) then
        -- The end of the lease is lost with its key. Its caller renews it, or it is charged.
        call('ZADD', due, known.state == 'O' and whole(now + 600000000) or '-' .. (known.state == 'S' and whole(now + 3600000000) or known.keep), id)
        lost = lost + 1
      end
      local after, slice, sliceHigh = known.lines, string.match(known.adjusted, '^(%d+) (%d+)$')
      for i = 1, known.state ~= 'R' and #known.letters or 0 do
        local field, low, high, forgetAfter
        field, low, high, _, _, forgetAfter, _, _, _, _, after = unpack(LINE, text, after)
        local sum = sums[field] or { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
        sums[field], sum[FORGET] = sum, math.max(sum[FORGET], forgetAfter)
        -- What exchanges charged against a slice, until it is settled.
        if areAccountsLost and slice and known.state ~= 'S' then add(sum, CHARGED, tonumber(slice), tonumber(sliceHigh)) end
        if known.state == 'O' then
          sum[OPEN] = sum[OPEN] + 1
          if string.byte(known.letters, i) ~= 48 then add(sum, HELD, low, high) end
        elseif areAccountsLost and string.byte(known.letters, i) ~= 48 then
          local chargedLow, chargedHigh = unpack(AMOUNT, text, known.charged + 8 * i - 8)
          replace(sum, 0, 0, chargedLow, chargedHigh, low, high, false, known.state ~= 'S')
        end
      end
    end)

    each(accounts, function(field, text)
      local period, account = parts(field)
      if period then
        local cell, sum = { unpack(ACCOUNT, text) }, sums[field]
        if not isIndexNew then cell[WAS], cell[WAS + 1] = cell[CHARGED], cell[CHARGED + 1] end
        for at = HELD, OPEN do cell[at] = sum and sum[at] or 0 end
        sums[field] = nil
        put(field, cell, math.max(cell[FORGET], sum and sum[FORGET] or 0))
        if not call('ZSCORE', due, field) then call('ZADD', due, '-' .. whole(cell[FORGET]), field) end
      elseif string.sub(field, 1, 1) == '|' then
        call('ZADD', names, '0', string.sub(field, 2))
      elseif not call('ZSCORE', due, field) then
        local latest, after = now, 1
        while after <= #text do
          local _, low, high, expires, by, behind = unpack(GRANT, text, after)
          latest, after = math.max(latest, expires), behind
        end
        call('ZADD', due, '-' .. whole(latest), field)
      end
    end)

    for field, sum in pairs(sums) do
      if sum[OPEN] > 0 or sum[FORGET] > now then put(field, sum, sum[FORGET]) end
    end
    return lost
  end

  local ended, told, healed = {}, 0, 0

  -- Charges one open reservation in full.
  local function charged(id, known)
    local amounts, charges, count, after = {}, {}, 0, known.lines
    for i = 1, #known.letters do
      local field, low, high
      field, low, high, _, _, _, _, _, _, _, after = unpack(LINE, known.text, after)
      amounts[i] = pack(AMOUNT, low, high)
      if string.byte(known.letters, i) ~= 48 then
        local _, account = parts(field)
        count = count + 1
        charges[count] = pack('<sI4I4', account, low, high)
      end
    end
    local _, all = charge(known, table.concat(amounts), true, 'E')
    close(id, known, 'E', known.by, all)
    told = told + 1
    ended[told] = pack('<sI4', id, count) .. table.concat(charges)
  end

  -- Charges a reservation whose lease ended but was not reached yet. Returns true if it has ended.
  local function expire(id)
    local score = call('ZSCORE', due, id)
    if not score or tonumber(score) <= 0 or tonumber(score) > now then return false end
    isWorkLeft = false
    charged(id, find(id))
    isWorkLeft = true
    return true
  end

  -- Does a part of the due work, earliest first: charges reservations whose lease ended, and deletes data that no longer counts.
  local function sweep(most)
    local ids = call('ZRANGEBYSCORE', due, '(0', nowText, 'LIMIT', '0', most)
    isWorkLeft = false
    local isHealed = false
    for _, id in ipairs(ids) do
      local known = find(id)
      if known and known.state == 'O' then
        charged(id, known)
      elseif known then
        call('ZADD', due, '-' .. known.keep, id)
      elseif not isHealed then
        isHealed, healed = true, healed + math.max(0, heal())
      end
    end

    local members = call('ZREVRANGEBYSCORE', due, '(0', '-' .. nowText, 'LIMIT', '0', most)
    for _, member in ipairs(members) do
      if string.sub(member, 1, 2) == 'g|' then
        call('HDEL', accounts, member)
        call('ZREM', due, member)
      elseif not parts(member) then
        call('HDEL', reservations, member)
        call('ZREM', due, member)
      elseif read(member)[OPEN] == 0 then
        drop(member)
      else
        call('ZADD', due, '-' .. whole(now + 60000000), member)
      end
    end
    isWorkLeft = #ids == most or #members == most
  end

  -- Begins an answer: the time, the repaired entries (-1 for a new ledger), 1 if work is left, the number of ended leases, and for each
  -- its id, number of lines, accounts and amounts.
  local function begin()
    return nowText .. ' ' .. healed .. (isWorkLeft and ' 1 ' or ' 0 ') .. told .. ' ' .. table.concat(ended)
  end

  local function repair()
    healed = heal()
  end

  made = { parts = parts, range = range, granted = granted, stated = stated, enter = enter, drop = drop, sweep = sweep, expire = expire,
    begin = begin, repair = repair }
  return made
end

-- How much of the due work an operation does.
local PART = 32

if call('EXISTS', accounts, reservations, due, names, spent) < 5 then rare().repair() end
if call('ZCOUNT', due, '-' .. nowText, nowText) > 1 then rare().sweep(PART) end

-- Returns what begin() returns, and the result of the operation.
local function answer(text) return (made and rare().begin() or nowText .. ' 0 0 0 ') .. text end
