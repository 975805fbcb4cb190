-- adjustment id instance sequence amounts, then each amount, then what the audit keeps
local adjustment, id, by, count = take(), take(), take() .. '.' .. take(), tonumber(take())
local known = find(id)
if not known or known.state == 'R' then return answer('unknown') end
if #known.lines ~= count then return answer('lines ' .. whole(#known.lines)) end
local amounts = {}
for i = 1, count do amounts[i] = take() end
local applies = known.state ~= 'O' and not string.find(known.adjusted or '-', adjustment, 1, true)
local again = not applies and known.by == by
local text = charge(known, amounts, applies, 'S', again)
if applies then
  known.by = by
  known.adjusted = (known.adjusted == '-' and '' or known.adjusted .. ',') .. adjustment
  close(id, known, 'S')
  redis.call('RPUSH', audit, nowText .. ' adjustment ' .. take())
  redis.call('LTRIM', audit, '-10000', '-1')
end
return answer(((applies or again) and '1' or '0') .. text)
