#!/usr/bin/env bash
# What a new user does: an empty web app, the packages, the README's program, and questions to it.
#
#   run.sh PACKAGES WORK
#
# PACKAGES is a folder of packed packages, WORK an empty folder outside the sources. OPENAI_URL, ANTHROPIC_URL and OLLAMA_URL are the
# addresses of the providers (NewUserTests starts a simulator of them, which knows the words "outage" and "blackout").
set -euo pipefail

packages=$(realpath "$1")
work=$(realpath "$2")
readme=$(realpath "$(dirname "$0")/../../README.md")
: "${OPENAI_URL:?}" "${ANTHROPIC_URL:?}" "${OLLAMA_URL:?}"

fail() {
  echo "FAILED: $*" >&2
  [ -f "$work/app.log" ] && tail -n 40 "$work/app.log" >&2
  exit 1
}

# The fence below a marker of the README.
fence() {
  awk -v marker="<!-- new-user: $1 -->" '$0 == marker { found = 1 } found && /^```/ { if (inside) exit; inside = 1; next } inside' "$readme"
}

cd "$work"
export NUGET_PACKAGES="$work/restored" DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

echo "== feeds: our packages from the folder, everything else from where it always comes"
feeds=$(dotnet nuget list source | sed -n 's/^ *[0-9]*\. *\(.*\) \[Enabled\]$/\1/p')
{
  echo '<configuration><packageSources><add key="packed" value="'"$packages"'" /></packageSources><packageSourceMapping>'
  echo '<packageSource key="packed"><package pattern="MeaiBudget" /><package pattern="MeaiBudget.*" /></packageSource>'
  while read -r feed; do echo '<packageSource key="'"$feed"'"><package pattern="*" /></packageSource>'; done <<< "$feeds"
  echo '</packageSourceMapping></configuration>'
} > nuget.config

echo "== the README's commands"
fence commands > commands.sh
[ -s commands.sh ] || fail "README.md has no commands for a new user"
set -x
. ./commands.sh
{ set +x; } 2> /dev/null

echo "== the README's program"
fence Program.cs > Program.cs
[ -s Program.cs ] || fail "README.md has no program for a new user"
dotnet build -c Release --no-restore
[ -f "$work/restored/meaibudget/"*/meaibudget.*.nupkg ] || fail "the core did not come from a package"

echo "== run"
OpenAI__ApiKey=none OpenAI__BaseUrl=$OPENAI_URL Anthropic__ApiKey=none Anthropic__BaseUrl=$ANTHROPIC_URL Ollama__BaseUrl=$OLLAMA_URL \
  TenantBudget=0.005 ASPNETCORE_URLS=http://127.0.0.1:0 dotnet bin/Release/net10.0/chat.dll > "$work/app.log" 2>&1 &
app=$!
trap 'kill $app 2> /dev/null || true' EXIT
address=
for _ in $(seq 100); do
  address=$(sed -n 's/.*Now listening on: *\(http[^ ]*\).*/\1/p' "$work/app.log")
  [ -n "$address" ] && break
  kill -0 $app 2> /dev/null || fail "the app ended"
  sleep 0.1
done
[ -n "$address" ] || fail "the app does not listen"

# Asks for a tenant and leaves the status in $status, the headers in headers.txt and the body in body.txt.
ask() {
  status=$(curl -sS -m 30 -o body.txt -D headers.txt -w '%{http_code}' -H "X-Tenant: $1" -H 'Content-Type: application/json' \
    -d "{\"text\": \"$2\"}" "$address/chat")
  echo "$1: $2 -> $status $(cat body.txt)"
}

expect() {
  grep -qi "$2" "$1" || fail "expected '$2' in $(cat "$1")"
}

ask acme "What is the capital of Italy?"
[ "$status" = 200 ] || fail "the first question got $status"
expect body.txt '"modelId":"gpt-4.1-mini"'

for _ in $(seq 10); do
  ask acme "And of France?"
  [ "$status" = 200 ] || break
done
[ "$status" = 429 ] || fail "a spent budget got $status"
expect headers.txt '^content-type: application/problem+json'
expect headers.txt '^retry-after: [0-9]'
expect body.txt 'urn:meaibudget:problem:budget-exceeded'
expect body.txt '"budget":"tenant"'

ask other "What is the capital of Spain?"
[ "$status" = 200 ] || fail "the other tenant got $status"

ask other "There is an outage."
[ "$status" = 200 ] || fail "an outage of the first provider got $status"
expect body.txt '"modelId":"claude-haiku-4-5"'

ask other "There is a blackout."
[ "$status" = 200 ] || fail "an outage of both providers got $status"
expect body.txt '"modelId":"llama3.2"'

echo "A new user's app answers, refuses and serves others."
