-- What every operation begins with. All of a ledger's state is in the keys that are declared here, none is computed:
--   accounts      "period|account" -> an ACCOUNT: charged, doubtful, overrun, held, open reservations, forgetAfter
--                 "|account"       -> the account's periods, with spaces between
--                 "g|account"      -> its GRANTs: id, amount, expiresAt, who asked
--   reservations  id -> a RESERVATION: state, keepUntil, who changed it last, its adjustments, for each line one letter; then, unless it
--                 is open, what each line was charged (an AMOUNT each); then its LINEs as they were asked
--                 state: O(pen), S(ettled), D(oubtful), E(xpired), R(eleased, where the letter says whether it was open)
--                 letter: 0 is left out, 1 fitted, 2 is taken beyond its limit
--   due           what must be looked at, by time: open reservations by the end of their lease, and by minus the time, so that one
--                 command finds both, what may be forgotten then
--   audit         grants and adjustments, the newest 10,000
--
-- An amount goes up to 2^63, a number of Lua's holds 2^53 exactly: an amount is two numbers, the low and the high 32 bits. Times are
-- microseconds, which a number holds. Names hold no white space and no zero.
--
-- A text that must be matched, a number read from text or written as text, and a function made cost as much as a whole command. Hence
-- the bytes, and functions only where they are used twice; what is rare reads again what it needs.
local accounts, reservations, due, audit = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local call, values, pack, unpack = redis.call, unpack, struct.pack, struct.unpack
local _ -- what nobody needs

local AMOUNT, ACCOUNT, GRANT = '<I4I4', '<I4I4I4I4I4I4I4I4I4d', '<sI4I4ds'
local RESERVATION = '<c1ssss'
-- field of the account, amount, limit, forgetAfter, first period, mode, whether it has a limit, whether it counts several periods
local LINE = '<sI4I4I4i4ddBBB'
-- Where the numbers of an account are: an amount's low half, its high half is the next one. What is found has an eleventh, EXISTS.
local CHARGED, DOUBTFUL, OVERRUN, HELD, OPEN, FORGET, EXISTS = 1, 3, 5, 7, 9, 10, 11

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
  -- The eleventh is where the text ends.
  if text then return { unpack(ACCOUNT, text) } end
  return { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
end

local rare

-- An account that holds nothing takes no room.
local function put(field, cell, forgetAfter)
  if cell[OPEN] == 0 and cell[CHARGED] == 0 and cell[CHARGED + 1] == 0 then
    if cell[EXISTS] then rare().drop(field) end
    return
  end
  if not cell[EXISTS] then rare().list(field) end
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
local function replace(counts, wasLow, wasHigh, low, high, reservedLow, reservedHigh, wasDoubtful, isDoubtful)
  less(counts, CHARGED, wasLow, wasHigh)
  add(counts, CHARGED, low, high)
  if wasDoubtful then less(counts, DOUBTFUL, wasLow, wasHigh) end
  if isDoubtful then add(counts, DOUBTFUL, low, high) end
  less(counts, OVERRUN, beyond(wasLow, wasHigh, reservedLow, reservedHigh))
  add(counts, OVERRUN, beyond(low, high, reservedLow, reservedHigh))
end

-- Charges each line an amount instead of what it held or was charged, if that applies. Answers with every account before and after, if
-- that is wanted, and with what each line is charged now. Asked again by the one whose answer was lost, it changes nothing and says
-- again what it did, as from an open reservation.
local function charge(known, amounts, applies, state, again, wantsStates)
  local wasOpen, states, charged = known.state == 'O', '', amounts
  local wasDoubtful, isDoubtful = known.state == 'D' or known.state == 'E', state == 'D' or state == 'E'
  local after = known.lines
  for i = 1, #known.letters do
    local field, reservedLow, reservedHigh, _, _, forgetAfter, first, _, _, isRange
    field, reservedLow, reservedHigh, _, _, forgetAfter, first, _, _, isRange, after = unpack(LINE, known.text, after)
    local at, isTaken, wasLow, wasHigh = 8 * i - 7, string.byte(known.letters, i) ~= 48, 0, 0
    if not wasOpen then wasLow, wasHigh = unpack(AMOUNT, known.text, known.charged + at - 1) end
    local cell = read(field)
    local sum = cell
    if wantsStates then
      if isRange == 1 then sum = rare().range(field, first) end
      local before = sum
      if again and isTaken then
        before = { values(sum) }
        less(before, CHARGED, wasLow, wasHigh)
        add(before, HELD, reservedLow, reservedHigh)
      end
      states = states .. rare().stated(field, before, isTaken)
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
        replace(cell, wasLow, wasHigh, low, high, reservedLow, reservedHigh, wasDoubtful, isDoubtful)
        if sum ~= cell then replace(sum, wasLow, wasHigh, low, high, reservedLow, reservedHigh, wasDoubtful, isDoubtful) end
      end
      put(field, cell, forgetAfter)
    end
    if not counts or not isTaken then
      charged = string.sub(charged, 1, at - 1) .. pack(AMOUNT, wasLow, wasHigh) .. string.sub(charged, at + 8)
    end
    if wantsStates then states = states .. rare().stated(field, sum, isTaken) end
  end
  return states, charged
end

-- What few operations need, made when one does.
local made
function rare()
  if made then return made end
  local function parts(field)
    return string.match(field, '^(%-?%d+)|(.*)$')
  end

  local function periods(account)
    return string.gmatch(call('HGET', accounts, '|' .. account) or '', '%S+')
  end

  -- An account over a range of periods, and every open reservation.
  local function range(field, first)
    local last, account = parts(field)
    local sum = { 0, 0, 0, 0, 0, 0, 0, 0 }
    for period in periods(account) do
      local other = read(period .. '|' .. account)
      add(sum, HELD, other[HELD], other[HELD + 1])
      local index = tonumber(period)
      if index >= first and index <= tonumber(last) then
        for at = CHARGED, OVERRUN, 2 do add(sum, at, other[at], other[at + 1]) end
      end
    end
    return sum
  end

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

  local function stated(field, sum, flag)
    return pack('<I4I4I4I4I4I4I4I4', sum[CHARGED], sum[CHARGED + 1], sum[HELD], sum[HELD + 1], sum[DOUBTFUL], sum[DOUBTFUL + 1], sum[OVERRUN], sum[OVERRUN + 1])
      .. pack('<I4I4', granted(field)) .. (flag and '1' or '0')
  end

  local function list(field)
    local period, account = parts(field)
    local others = call('HGET', accounts, '|' .. account)
    call('HSET', accounts, '|' .. account, others and (others .. ' ' .. period) or period)
  end

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

  -- What ran out is charged, and what no longer counts is dropped, at whatever operation comes next.
  local function look()
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

  made = { parts = parts, range = range, granted = granted, stated = stated, list = list, drop = drop, look = look }
  return made
end

local ended = '0 '
if call('ZCOUNT', due, '-' .. nowText, nowText) > 0 then ended = rare().look() end

-- The time, how many leases ended and whose, then the operation's words.
local function answer(text) return nowText .. ' ' .. ended .. text end
