-- id doubtful amounts, then each amount
local id, doubtful, count = take(), take() == '1', tonumber(take())
local known = find(id)
if not known or known.state == 'R' then return answer('unknown') end
if #known.lines ~= count then return answer('lines ' .. whole(#known.lines)) end
local amounts = {}
for i = 1, count do amounts[i] = take() end
local applies = known.state == 'O' or known.state == 'E' or (known.state == 'D' and not doubtful)
local state = doubtful and 'D' or 'S'
local text = charge(known, amounts, applies, state)
if applies then close(id, known, state) end
return answer((applies and '1 ' or '0 ') .. text)
