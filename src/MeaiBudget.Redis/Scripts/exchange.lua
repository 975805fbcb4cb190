-- Arguments: sequence, how long a settled slice is kept, how long ago an unknown one may have been confirmed; for each slice its id, the
-- AMOUNT charged so far, the lease, when it was last confirmed, and its LINE with the amount wanted.
-- A slice is a reservation with one line, which holds its amount. What exchanges charged is part of the account's charge; until the slice is
-- settled, it is kept as text in the place of adjustments ("low high"), and the last sequence in the place of the caller.
local sequence, settledFor, unknownFor, slices = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local UNIT = 4294967296.0

local function isMore(low, high, otherLow, otherHigh)
  return high > otherHigh or (high == otherHigh and low > otherLow)
end

local text, after = { (call('HGET', settings, '') or '0') .. ' ' }, 1
while after <= #slices do
  local id, low, high, lease, at, field, wantLow, wantHigh, limitLow, limitHigh, forgetAfter, first, mode, isLimited, isRange
  id, low, high, lease, at, after = unpack('<sI4I4dd', slices, after)
  field, wantLow, wantHigh, limitLow, limitHigh, forgetAfter, first, mode, isLimited, isRange, after = unpack(LINE, slices, after)
  local _, account = rare().parts(field)
  local mark = 'wanted:' .. account
  local cell, known = read(field), find(id)
  local state, applies = known and known.state, true
  local wasLow, wasHigh, heldLow, heldHigh = 0, 0, 0, 0
  if not known then
    applies = (low == 0 and high == 0) or at > now - unknownFor
  elseif state == 'R' or state == 'D' then
    applies = false
  else
    wasLow, wasHigh = string.match(known.adjusted, '^(%d+) (%d+)$')
    wasLow, wasHigh = tonumber(wasLow or 0), tonumber(wasHigh or 0)
    applies = sequence > (tonumber(known.by) or sequence) and (state == 'O' or cell[EXISTS] or forgetAfter > now)
    if state == 'O' then
      _, heldLow, heldHigh = unpack(LINE, known.text, known.lines)
    elseif state == 'E' then
      heldLow, heldHigh = unpack(AMOUNT, known.text, known.charged)
    end
  end

  local isOpen = state == 'O'
  if applies then
    local charged = { wasLow, wasHigh }
    if state == 'E' then
      -- The end of the lease charged what the slice held. It holds that again.
      add(charged, 1, heldLow, heldHigh)
      less(cell, UNCONFIRMED, heldLow, heldHigh)
      add(cell, HELD, heldLow, heldHigh)
    end
    if not isOpen and state ~= 'S' then cell[OPEN] = cell[OPEN] + 1 end

    swap(cell, CHARGED, charged[1], charged[2], low, high)
    within(cell)
    local restLow, restHigh = beyond(heldLow, heldHigh, beyond(low, high, wasLow, wasHigh))
    less(cell, HELD, heldLow, heldHigh)
    add(cell, HELD, restLow, restHigh)
    wasLow, wasHigh, heldLow, heldHigh = low, high, restLow, restHigh

    if state == 'S' then
      heldLow, heldHigh = 0, 0
    elseif isMore(restLow, restHigh, wantLow, wantHigh) or isLimited == 0 or mode == 1 then
      heldLow, heldHigh = wantLow, wantHigh
    elseif isMore(wantLow, wantHigh, restLow, restHigh) then
      local sum = cell
      if isRange == 1 then
        put(field, cell, forgetAfter)
        cell[EXISTS] = 1
        sum = rare().range(field, first)
      end
      local grantLow, grantHigh = rare().granted(field)
      -- Exact where less than 2^53 is left; where more is, the half that stays free is larger than any rounding.
      local left = (limitHigh + grantHigh - sum[CHARGED + 1]) * UNIT + (limitLow + grantLow - sum[CHARGED])
      local fits = math.floor(left / 2) - ((sum[HELD + 1] - restHigh) * UNIT + (sum[HELD] - restLow))
      if fits >= wantHigh * UNIT + wantLow then
        heldLow, heldHigh = wantLow, wantHigh
      elseif fits > restHigh * UNIT + restLow then
        heldHigh = math.floor(fits / UNIT)
        heldLow = fits - heldHigh * UNIT
      end
    end
    less(cell, HELD, restLow, restHigh)
    add(cell, HELD, heldLow, heldHigh)

    isOpen = state ~= 'S' and (wantLow > 0 or wantHigh > 0)
    if state ~= 'S' and not isOpen then cell[OPEN] = cell[OPEN] - 1 end
    put(field, cell, forgetAfter)
    local by, exchanged = string.format('%.0f', sequence), string.format('%.0f %.0f', low, high)
    if isOpen then
      call('HSET', reservations, id, pack(RESERVATION, 'O', whole(forgetAfter), by, exchanged, '1')
        .. pack(LINE, field, heldLow, heldHigh, limitLow, limitHigh, forgetAfter, first, mode, isLimited, isRange))
      call('ZADD', due, whole(now + lease), id)
      if (heldHigh * UNIT + heldLow) * 2 < wantHigh * UNIT + wantLow then call('ZADD', due, '-' .. whole(now + 2000000), mark) end
    else
      -- Nothing of a later correction is overrun.
      call('HSET', reservations, id, pack(RESERVATION, 'S', whole(forgetAfter), by, exchanged, '1') .. pack(AMOUNT, low, high)
        .. pack(LINE, field, 4294967295, 2147483647, limitLow, limitHigh, forgetAfter, first, mode, isLimited, isRange))
      call('ZADD', due, '-' .. whole(now + settledFor), id)
    end
  elseif not isOpen then
    heldLow, heldHigh = 0, 0
  end

  local sum = isRange == 1 and rare().range(field, first) or cell
  local grantLow, grantHigh = rare().granted(field)
  local wanted = call('ZSCORE', due, mark)
  text[#text + 1] = (isOpen and '1 ' or '0 ') .. rare().stated(sum, grantLow, grantHigh, not isMore(wantLow, wantHigh, heldLow, heldHigh))
    .. rare().stated({ wasLow, wasHigh, 0, 0, 0, 0, heldLow, heldHigh }, 0, 0, not (wanted and -tonumber(wanted) > now))
end
return answer(table.concat(text))
