-- id instance sequence doubtful wantsStates amounts, then each amount
local id, by, doubtful, silent, count = take(), take() .. '.' .. take(), take() == '1', take() == '0', tonumber(take())
local known = find(id)
if not known or known.state == 'R' then return answer('unknown') end
if #known.lines ~= count then return answer('lines ' .. whole(#known.lines)) end
local amounts = {}
for i = 1, count do amounts[i] = take() end
local applies = known.state == 'O' or known.state == 'E' or (known.state == 'D' and not doubtful)
local state = doubtful and 'D' or 'S'
local again = not applies and known.by == by
local text = charge(known, amounts, applies, state, again, silent)
if applies then
  known.by = by
  close(id, known, state)
end
return answer(((applies or again) and '1' or '0') .. text)
