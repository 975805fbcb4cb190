-- What every operation begins with. All of a ledger's state is in the keys that are declared here, none is computed:
--   accounts      "period|account" -> "charged doubtful overrun held open forgetAfter"
--                 "|account"       -> the account's periods
--                 "g|account"      -> its grants, "id:amount:expiresAt:grantedBy" each
--   reservations  id -> "state keepUntil lines adjustments appliedBy", then for each line
--                 "account period firstPeriod forgetAfter reserved taken charged"; for a released one "R instance sequence wasOpen".
--                 taken is 0 (left out), 1 or 2 (beyond its limit); appliedBy names the question that charged it last
--   leases        open reservations by the end of their lease
--   forget        what may be dropped, and when
--   audit         grants and adjustments, the newest 10,000
-- Times are microseconds, which a double holds exactly. Amounts go up to 2^63, which a double does not hold: they stay decimal
-- strings. ARGV is the operation's words; account names hold no white space.
--
-- What is written the long way here (.. for table.concat, no pattern where a word will do) is half of the server's time.
local accounts, reservations, leases, forget, audit = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local place = 0
local function take()
  place = place + 1
  return ARGV[place]
end

-- Where its integers are wide enough, the format without fractions takes half the time.
local format, WHOLE = string.format, '%.0f'
if format('%d', 9007199254740992) == '9007199254740992' then WHOLE = '%d' end
local function whole(number) return format(WHOLE, number) end

local nowText = take()
if nowText == '0' then
  local time = redis.call('TIME')
  nowText = time[1] .. string.rep('0', 6 - #time[2]) .. time[2]
end
local now = tonumber(nowText)

-- Exact sums of decimal strings, none negative: in two halves where a double would round.
local LARGEST = '9223372036854775807'
local function halves(text)
  if #text <= 9 then return 0, tonumber(text) end
  return tonumber(string.sub(text, 1, -10)), tonumber(string.sub(text, -9))
end

local function joined(high, low)
  if high == 0 then return whole(low) end
  if high > 9223372036 or (high == 9223372036 and low > 854775807) then return LARGEST end
  return string.format('%.0f%09.0f', high, low)
end

local function add(left, right)
  if left == '0' then return right end
  if right == '0' then return left end
  if #left < 16 and #right < 16 then return whole(left + right) end
  local leftHigh, leftLow = halves(left)
  local rightHigh, rightLow = halves(right)
  local high, low = leftHigh + rightHigh, leftLow + rightLow
  if low >= 1000000000 then high, low = high + 1, low - 1000000000 end
  return joined(high, low)
end

local function fits(left, right) return #left < #right or (#left == #right and left <= right) end

local function less(left, right)
  if right == '0' then return left end
  if fits(left, right) then return '0' end
  if #left < 16 then return whole(left - right) end
  local leftHigh, leftLow = halves(left)
  local rightHigh, rightLow = halves(right)
  local high, low = leftHigh - rightHigh, leftLow - rightLow
  if low < 0 then high, low = high - 1, low + 1000000000 end
  return joined(high, low)
end

-- Whether charged, held, wanted and excess together are at most bound and grant; a sum may pass the largest number here.
local function together(charged, held, wanted, excess, bound, grant)
  if #charged < 15 and #held < 15 and #wanted < 15 and #excess < 15 and #bound < 15 and #grant < 15 then
    return charged + held + wanted + excess <= bound + grant
  end
  local high, low = 0, 0
  for _, part in ipairs({ charged, held, wanted, excess }) do
    local partHigh, partLow = halves(part)
    high, low = high + partHigh, low + partLow
  end
  local boundHigh, boundLow = halves(bound)
  local grantHigh, grantLow = halves(grant)
  boundHigh, boundLow = boundHigh + grantHigh, boundLow + grantLow
  high, low = high + math.floor(low / 1000000000), low % 1000000000
  boundHigh, boundLow = boundHigh + math.floor(boundLow / 1000000000), boundLow % 1000000000
  return high < boundHigh or (high == boundHigh and low <= boundLow)
end

-- { charged, doubtful, overrun, held, open, forgetAfter, whether there is one }
local function parsed(text)
  if not text then return { '0', '0', '0', '0', 0, '0' } end
  local charged, doubtful, overrun, held, open, forgetAfter = string.match(text, '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+)$')
  return { charged, doubtful, overrun, held, tonumber(open), forgetAfter, true }
end

local function granted(text)
  local sum = '0'
  if text then
    for amount, expires in string.gmatch(text, '[^: ]+:(%d+):(%d+):%S+') do
      if tonumber(expires) > now then sum = add(sum, amount) end
    end
  end
  return sum
end

-- One account over its periods; a single one for a calendar budget, a range and every open reservation for a rolling one.
local function sum(account, first, last)
  local found = redis.call('HMGET', accounts, last .. '|' .. account, 'g|' .. account)
  local cell = parsed(found[1])
  local state = { cell[1], cell[2], cell[3], cell[4], granted(found[2]) }
  if first ~= last then
    local from, to = tonumber(first), tonumber(last)
    state[1], state[2], state[3], state[4] = '0', '0', '0', '0'
    for period in string.gmatch(redis.call('HGET', accounts, '|' .. account) or '', '%S+') do
      local other = period == last and cell or parsed(redis.call('HGET', accounts, period .. '|' .. account))
      state[4] = add(state[4], other[4])
      local index = tonumber(period)
      if index >= from and index <= to then
        state[1], state[2], state[3] = add(state[1], other[1]), add(state[2], other[2]), add(state[3], other[3])
      end
    end
  end
  return state, cell
end

local function drop(period, account)
  redis.call('HDEL', accounts, period .. '|' .. account)
  redis.call('ZREM', forget, period .. '|' .. account)
  local kept = {}
  for other in string.gmatch(redis.call('HGET', accounts, '|' .. account) or '', '%S+') do
    if other ~= period then kept[#kept + 1] = other end
  end
  if #kept == 0 then
    redis.call('HDEL', accounts, '|' .. account)
  else
    redis.call('HSET', accounts, '|' .. account, table.concat(kept, ' '))
  end
end

-- An account that holds nothing takes no room.
local function put(period, account, cell, forgetAfter)
  if cell[1] == '0' and cell[5] == 0 then
    if cell[7] then drop(period, account) end
    return
  end
  local field = period .. '|' .. account
  if not cell[7] then
    local others = redis.call('HGET', accounts, '|' .. account)
    redis.call('HSET', accounts, '|' .. account, others and (others .. ' ' .. period) or period)
  end
  if not cell[7] or not fits(forgetAfter, cell[6]) then
    cell[6] = forgetAfter
    redis.call('ZADD', forget, forgetAfter, field)
  end
  redis.call('HSET', accounts, field,
    cell[1] .. ' ' .. cell[2] .. ' ' .. cell[3] .. ' ' .. cell[4] .. ' ' .. whole(cell[5]) .. ' ' .. cell[6])
end

local function find(id)
  local text = redis.call('HGET', reservations, id)
  if not text then return nil end
  local parts, count = {}, 0
  for part in string.gmatch(text, '%S+') do
    count = count + 1
    parts[count] = part
  end
  local known = { state = parts[1], keep = tonumber(parts[2]) or 0, lines = {} }
  if known.state == 'R' then
    known.instance, known.sequence, known.open = parts[2], tonumber(parts[3]), parts[4] == '1'
    return known
  end
  known.adjusted, known.by = parts[4], parts[5]
  for i = 6, count, 7 do
    known.lines[#known.lines + 1] = {
      account = parts[i], period = parts[i + 1], first = parts[i + 2], forgetAfter = parts[i + 3],
      reserved = parts[i + 4], taken = parts[i + 5] ~= '0', fitted = parts[i + 5] == '1', charged = parts[i + 6] }
  end
  return known
end

local function save(id, known)
  local text = known.state .. ' ' .. whole(known.keep) .. ' ' .. whole(#known.lines) .. ' ' .. (known.adjusted or '-') .. ' ' .. (known.by or '-')
  for _, line in ipairs(known.lines) do
    text = text .. ' ' .. line.account .. ' ' .. line.period .. ' ' .. line.first .. ' ' .. line.forgetAfter .. ' ' .. line.reserved
      .. (not line.taken and ' 0 ' or line.fitted and ' 1 ' or ' 2 ') .. line.charged
  end
  redis.call('HSET', reservations, id, text)
end

local function close(id, known, state)
  known.state = state
  known.keep = math.max(known.keep, now + 3600000000)
  save(id, known)
  redis.call('ZREM', leases, id)
  redis.call('ZADD', forget, whole(known.keep), 'r' .. id)
end

local function back(line, cell)
  cell[5] = cell[5] - 1
  if line.taken then cell[4] = less(cell[4], line.reserved) end
end

-- Replaces in the counts { charged, doubtful, overrun } what the line was charged before.
local function replace(counts, line, amount, wasDoubtful, isDoubtful)
  counts[1] = add(less(counts[1], line.charged), amount)
  if wasDoubtful then counts[2] = less(counts[2], line.charged) end
  if isDoubtful then counts[2] = add(counts[2], amount) end
  counts[3] = add(less(counts[3], less(line.charged, line.reserved)), less(amount, line.reserved))
end

local function stated(state, isTaken)
  return state[1] .. ' ' .. state[4] .. ' ' .. state[2] .. ' ' .. state[3] .. ' ' .. state[5] .. (isTaken and ' 1' or ' 0')
end

-- Charges each line an amount instead of what it held or was charged; answers with every account before and after, unless silent. Asked
-- again by the one whose answer was lost, it changes nothing and says again what it did, as from an open reservation.
local function charge(known, amounts, applies, state, again, silent)
  local answer = ''
  local wasDoubtful, isDoubtful = known.state == 'D' or known.state == 'E', state == 'D' or state == 'E'
  for i, line in ipairs(known.lines) do
    local total, cell = sum(line.account, line.first, line.period)
    if silent then
      -- Nobody asks.
    elseif again and line.taken then
      answer = answer .. ' ' .. stated({ less(total[1], line.charged), total[2], total[3], add(total[4], line.reserved), total[5] }, true)
    else
      answer = answer .. ' ' .. stated(total, line.taken)
    end
    if applies and (cell[7] or tonumber(line.forgetAfter) > now) then
      local isRange = line.first ~= line.period
      if known.state == 'O' then
        back(line, cell)
        if isRange and line.taken then total[4] = less(total[4], line.reserved) end
      end
      if line.taken then
        replace(cell, line, amounts[i], wasDoubtful, isDoubtful)
        if isRange then replace(total, line, amounts[i], wasDoubtful, isDoubtful) end
        line.charged = amounts[i]
      end
      if not isRange then total[1], total[2], total[3], total[4] = cell[1], cell[2], cell[3], cell[4] end
      put(line.period, line.account, cell, line.forgetAfter)
    end
    if not silent then answer = answer .. ' ' .. stated(total, line.taken) end
  end
  return answer
end

-- What ran out is charged, and what no longer counts is dropped, at whatever operation comes next.
local expired = {}
local due = redis.call('ZRANGEBYSCORE', leases, '-inf', nowText, 'LIMIT', '0', '200')
while #due > 0 do
  for _, id in ipairs(due) do
    local known = find(id)
    if known and known.state == 'O' then
      local amounts, told = {}, { id }
      for i, line in ipairs(known.lines) do
        amounts[i] = line.reserved
        if line.taken then
          told[#told + 1] = line.account
          told[#told + 1] = line.reserved
        end
      end
      charge(known, amounts, true, 'E', false, true)
      close(id, known, 'E')
      expired[#expired + 1] = table.concat(told, ' ')
    else
      redis.call('ZREM', leases, id)
    end
  end
  due = redis.call('ZRANGEBYSCORE', leases, '-inf', nowText, 'LIMIT', '0', '200')
end

for _, member in ipairs(redis.call('ZRANGEBYSCORE', forget, '-inf', nowText, 'LIMIT', '0', '16')) do
  local kind = string.sub(member, 1, 1)
  if kind == 'r' then
    local known = find(string.sub(member, 2))
    if known and known.state ~= 'O' then redis.call('HDEL', reservations, string.sub(member, 2)) end
    redis.call('ZREM', forget, member)
  elseif kind == 'g' then
    redis.call('HDEL', accounts, member)
    redis.call('ZREM', forget, member)
  else
    local period, account = string.match(member, '^([^|]*)|(.*)$')
    local cell = parsed(redis.call('HGET', accounts, member))
    if cell[5] == 0 then
      drop(period, account)
    else
      redis.call('ZADD', forget, whole(now + 60000000), member)
    end
  end
end

local function answer(text)
  if #expired == 0 then return nowText .. ' ' .. text end
  return nowText .. ' ' .. text .. '\n' .. table.concat(expired, '\n')
end
