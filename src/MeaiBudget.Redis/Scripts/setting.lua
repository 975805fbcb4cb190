-- Arguments: name, value, 1 to remove the setting, the most settings
local name = ARGV[2]
local old = call('HGET', settings, name)
local isChanged
if ARGV[4] == '1' then
  isChanged = call('HDEL', settings, name) == 1
else
  if not old and call('HLEN', settings) > tonumber(ARGV[5]) then return answer('full') end
  isChanged = old ~= ARGV[3]
  if isChanged then call('HSET', settings, name, ARGV[3]) end
end
return answer(tostring(isChanged and call('HINCRBY', settings, '', '1') or call('HGET', settings, '') or '0'))
