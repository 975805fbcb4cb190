-- What every operation begins with. All of a ledger's state is in the keys that are declared here, none is computed:
--   accounts      "period|account" -> an ACCOUNT: charged, unconfirmed, overrun, held, open reservations, forgetAfter
--                 "|account"       -> the account's periods, with spaces between
--                 "g|account"      -> its GRANTs: id, amount, expiresAt, who asked
--   reservations  id -> a RESERVATION: state, keepUntil, who changed it last, its adjustments, one letter for each line; then, unless
--                 it is open, an AMOUNT for each line, what it was charged; then its LINEs as they were asked
--                 state:  O(pen), S(ettled), D(oubtful), E(xpired), R(eleased: no lines, and a letter that says whether it was open)
--                 letter: 0 for a line that is left out, 1 for one that fitted, 2 for one that is taken beyond its limit
--   due           what must be looked at, and when: open reservations by the end of their lease, what may be forgotten by its time with
--                 a minus. So one command, from -now to now, finds whether there is any
--   audit         grants and adjustments, the newest 10,000
--
-- An amount goes up to 2^63, and a number of Lua's is exact to 2^53 only: an amount is two numbers, its low and its high 32 bits, and as
-- bytes a little-endian integer. Times are microseconds, which a number holds. Names hold no white space and no zero.
--
-- The server's time goes into small things: matching a text, turning text into a number or back, and making a function each take as
-- long as a short command. Hence bytes instead of text, few functions, and those that few operations need only made when one does.
local accounts, reservations, due, audit = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local call, values, pack, unpack = redis.call, unpack, struct.pack, struct.unpack
local _ -- takes what is not needed of what unpack gives

local AMOUNT, ACCOUNT, GRANT = '<I4I4', '<I4I4I4I4I4I4I4I4I4d', '<sI4I4ds'
local RESERVATION = '<c1ssss'
-- The account's field, amount, limit, forgetAfter, first period that counts, mode, whether there is a limit, whether several periods count.
local LINE = '<sI4I4I4i4ddBBB'
-- Where the numbers of an unpacked ACCOUNT are. An amount's low half is meant, its high half follows. Only what was found has an EXISTS.
local CHARGED, UNCONFIRMED, OVERRUN, HELD, OPEN, FORGET, EXISTS = 1, 3, 5, 7, 9, 10, 11

local nowText = ARGV[1]
if nowText == '0' then
  local time = call('TIME')
  local part = time[2]
  if #part < 6 then part = string.rep('0', 6 - #part) .. part end
  nowText = time[1] .. part
end
local now = tonumber(nowText)

-- The format without fractions takes half the time, and where integers are too narrow for it, its text is too short.
local function whole(time)
  local text = string.format('%d', time)
  return #text == 16 and text or string.format('%.0f', time)
end

-- The larger amount less the smaller; nothing if it is not the larger.
local function beyond(low, high, otherLow, otherHigh)
  low, high = low - otherLow, high - otherHigh
  if low < 0 then low, high = low + 4294967296, high - 1 end
  if high < 0 then return 0, 0 end
  return low, high
end

local function less(counts, at, low, high)
  counts[at], counts[at + 1] = beyond(counts[at], counts[at + 1], low, high)
end

-- Sums stop at the largest number.
local function add(counts, at, low, high)
  low, high = counts[at] + low, counts[at + 1] + high
  if low >= 4294967296 then low, high = low - 4294967296, high + 1 end
  if high >= 2147483648 then low, high = 4294967295, 2147483647 end
  counts[at], counts[at + 1] = low, high
end

local function read(field)
  local text = call('HGET', accounts, field)
  -- What EXISTS is where the text ended, which unpack gives last.
  if text then return { unpack(ACCOUNT, text) } end
  return { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
end

local rare

-- Stores an account's period. An account that holds nothing takes no room.
local function put(field, cell, forgetAfter)
  if cell[OPEN] == 0 and cell[CHARGED] == 0 and cell[CHARGED + 1] == 0 then
    if cell[EXISTS] then rare().drop(field) end
    return
  end
  if not cell[EXISTS] then rare().enter(field) end
  if not cell[EXISTS] or forgetAfter > cell[FORGET] then
    cell[FORGET] = forgetAfter
    call('ZADD', due, '-' .. whole(forgetAfter), field)
  end
  call('HSET', accounts, field, pack(ACCOUNT, values(cell, 1, FORGET)))
end

-- known.charged and known.lines are where these begin in known.text.
local function find(id)
  local text = call('HGET', reservations, id)
  if not text then return nil end
  local state, keep, by, adjusted, letters, after = unpack(RESERVATION, text)
  return { text = text, state = state, keep = keep, by = by, adjusted = adjusted, letters = letters, charged = after,
    lines = state == 'O' and after or after + 8 * #letters }
end

-- Stores what a reservation became; it is kept as long as one of its accounts counts, and an hour.
local function close(id, known, state, by, charged)
  local keep = known.keep
  if tonumber(keep) < now + 3600000000 then keep = whole(now + 3600000000) end
  call('HSET', reservations, id, pack(RESERVATION, state, keep, by, known.adjusted, known.letters) .. charged .. string.sub(known.text, known.lines))
  call('ZADD', due, '-' .. keep, id)
end

-- Replaces what was charged before in an account, or in its sum over several periods.
local function replace(counts, wasLow, wasHigh, low, high, reservedLow, reservedHigh, wasUnconfirmed, isUnconfirmed)
  less(counts, CHARGED, wasLow, wasHigh)
  add(counts, CHARGED, low, high)
  if wasUnconfirmed then less(counts, UNCONFIRMED, wasLow, wasHigh) end
  if isUnconfirmed then add(counts, UNCONFIRMED, low, high) end
  less(counts, OVERRUN, beyond(wasLow, wasHigh, reservedLow, reservedHigh))
  add(counts, OVERRUN, beyond(low, high, reservedLow, reservedHigh))
end

-- Charges each line an amount instead of what it held or was charged, if that applies. Answers with every account before and after, if
-- that is wanted, and with what each line is charged now. Asked again by the one whose answer was lost, it changes nothing and says
-- again what it did, as from an open reservation.
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
      if wasOpen then
        cell[OPEN] = cell[OPEN] - 1
        if isTaken then
          less(cell, HELD, reservedLow, reservedHigh)
          if sum ~= cell then less(sum, HELD, reservedLow, reservedHigh) end
        end
      end
      if isTaken then
        local low, high = unpack(AMOUNT, amounts, at)
        replace(cell, wasLow, wasHigh, low, high, reservedLow, reservedHigh, wasUnconfirmed, isUnconfirmed)
        if sum ~= cell then replace(sum, wasLow, wasHigh, low, high, reservedLow, reservedHigh, wasUnconfirmed, isUnconfirmed) end
      end
      put(field, cell, forgetAfter)
    end
    if not counts or not isTaken then
      charged = string.sub(charged, 1, at - 1) .. pack(AMOUNT, wasLow, wasHigh) .. string.sub(charged, at + 8)
    end
    if wantsStates then states = states .. rare().stated(sum, grantLow, grantHigh, isTaken) end
  end
  return states, charged
end

-- What few operations need, made when one does.
local made
function rare()
  if made then return made end
  -- "period|account" -> period, account; nothing for what is not one.
  local function parts(field)
    return string.match(field, '^(%-?%d+)|(.*)$')
  end

  local function periods(account)
    return string.gmatch(call('HGET', accounts, '|' .. account) or '', '%S+')
  end

  -- An account over a range of periods, and every open reservation. What a clock that is ahead of the asker's charged counts as well,
  -- as far as the range is long.
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

  -- What is granted to an account at present.
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

  -- An account's state for the answer: charged, held, unconfirmed, overrun, granted, and a flag.
  local function stated(sum, grantLow, grantHigh, flag)
    return pack('<I4I4I4I4I4I4I4I4I4I4', sum[CHARGED], sum[CHARGED + 1], sum[HELD], sum[HELD + 1], sum[UNCONFIRMED], sum[UNCONFIRMED + 1],
      sum[OVERRUN], sum[OVERRUN + 1], grantLow, grantHigh) .. (flag and '1' or '0')
  end

  -- Notes a new period of an account.
  local function enter(field)
    local period, account = parts(field)
    local others = call('HGET', accounts, '|' .. account)
    call('HSET', accounts, '|' .. account, others and (others .. ' ' .. period) or period)
  end

  -- Forgets an account's period.
  local function drop(field)
    local period, account = parts(field)
    call('HDEL', accounts, field)
    call('ZREM', due, field)
    local kept = {}
    for other in periods(account) do
      if other ~= period then kept[#kept + 1] = other end
    end
    if #kept == 0 then
      call('HDEL', accounts, '|' .. account)
    else
      call('HSET', accounts, '|' .. account, table.concat(kept, ' '))
    end
  end

  -- What ran out is charged, and what no longer counts is dropped, the earliest first, at whatever operation comes next. Answers with how
  -- many leases ended, and for each the id, the number of lines, and their accounts and amounts.
  local function sweep()
    local told, expired = 0, ''
    local ids = call('ZRANGEBYSCORE', due, '(0', nowText, 'LIMIT', '0', '200')
    while #ids > 0 do
      for _, id in ipairs(ids) do
        local known = find(id)
        local amounts, count, charges, after = '', 0, '', known.lines
        for i = 1, #known.letters do
          local field, low, high
          field, low, high, _, _, _, _, _, _, _, after = unpack(LINE, known.text, after)
          amounts = amounts .. pack(AMOUNT, low, high)
          if string.byte(known.letters, i) ~= 48 then
            local _, account = parts(field)
            count, charges = count + 1, charges .. pack('<sI4I4', account, low, high)
          end
        end
        local _, charged = charge(known, amounts, true, 'E')
        close(id, known, 'E', known.by, charged)
        told, expired = told + 1, expired .. pack('<sI4', id, count) .. charges
      end
      ids = call('ZRANGEBYSCORE', due, '(0', nowText, 'LIMIT', '0', '200')
    end

    for _, member in ipairs(call('ZREVRANGEBYSCORE', due, '(0', '-' .. nowText, 'LIMIT', '0', '16')) do
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
    return told .. ' ' .. expired
  end

  made = { parts = parts, range = range, granted = granted, stated = stated, enter = enter, drop = drop, sweep = sweep }
  return made
end

local ended = '0 '
if call('ZCOUNT', due, '-' .. nowText, nowText) > 0 then ended = rare().sweep() end

-- The time, the leases that ended, then what the operation says.
local function answer(text) return nowText .. ' ' .. ended .. text end
