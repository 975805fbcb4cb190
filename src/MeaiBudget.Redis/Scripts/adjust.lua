-- Arguments: adjustment id, reservation id, caller, AMOUNTs, JSON for the audit, how long a settled reservation is kept
local adjustment, id, by, amounts = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local known = find(id)
if not known or known.state == 'R' then return answer('unknown') end
if #amounts ~= 8 * #known.letters then return answer('lines ' .. #known.letters) end
local applies = known.state ~= 'O' and not string.find(known.adjusted, adjustment, 1, true)
local again = not applies and known.by == by
local states, charged = charge(known, amounts, applies, 'S', again, true)
if applies then
  known.adjusted = known.adjusted .. ',' .. adjustment
  close(id, known, 'S', by, charged, tonumber(ARGV[7]))
  call('RPUSH', audit, nowText .. ' adjustment ' .. ARGV[6])
  call('LTRIM', audit, '-10000', '-1')
end
return answer(((applies or again) and '1 ' or '0 ') .. states)
