-- id lease
local id, lease = take(), tonumber(take())
local known = find(id)
if not known or known.state ~= 'O' then return answer('0') end
redis.call('ZADD', leases, whole(now + lease), id)
return answer('1')
