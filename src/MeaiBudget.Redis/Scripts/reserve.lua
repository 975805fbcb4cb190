-- id instance sequence lease wantsStates lines, then for each line: account period firstPeriod forgetAfter amount limit mode
-- A limit is a decimal string, '-' for none; mode is E(nforce), R(ecord) or S(hadow).
local id, instance, sequence, lease, silent, lines = take(), take(), tonumber(take()), tonumber(take()), take() == '0', tonumber(take())
local known = find(id)
if known and known.state == 'R' then
  -- A question that was under way when its caller gave it back must not be taken when it arrives.
  if known.instance == instance and known.sequence > sequence then return answer('stale') end
  redis.call('ZREM', forget, 'r' .. id)
  known = nil
end

local states, cells, asked, admitted = {}, {}, {}, true
for i = 1, lines do
  local line = { account = take(), period = take(), first = take(), forgetAfter = take(), reserved = take(), charged = '0' }
  local limit, mode = take(), take()
  local state, cell = sum(line.account, line.first, line.period)
  local fitting
  if known then
    fitting = known.lines[i] ~= nil and known.lines[i].fitted
  elseif limit == '-' then
    fitting = true
  elseif string.sub(limit, 1, 1) == '-' then
    fitting = together(state[1], state[4], line.reserved, string.sub(limit, 2), '0', state[5])
  else
    fitting = together(state[1], state[4], line.reserved, '0', limit, state[5])
  end
  line.taken = fitting or mode ~= 'S'
  line.fitted = fitting
  if not fitting and mode == 'E' then admitted = false end
  states[i], cells[i], asked[i] = state, cell, line
end

if known then
  admitted = true
elseif admitted then
  local keep = now
  for i, line in ipairs(asked) do
    local cell = cells[i]
    cell[5] = cell[5] + 1
    if line.taken then
      cell[4] = add(cell[4], line.reserved)
      states[i][4] = line.first == line.period and cell[4] or add(states[i][4], line.reserved)
    end
    put(line.period, line.account, cell, line.forgetAfter)
    keep = math.max(keep, tonumber(line.forgetAfter))
  end
  save(id, { state = 'O', keep = keep, lines = asked })
  redis.call('ZADD', leases, whole(now + lease), id)
end

if admitted and silent then return answer('1') end
local texts = { admitted and '1' or '0' }
for i, state in ipairs(states) do texts[i + 1] = stated(state, asked[i].fitted) end
return answer(table.concat(texts, ' '))
