#!/usr/bin/env bash
# What docs/cost-tests.md promises: from nothing to a comparison for a pull request, only from the packages.
#
#   cost-tests.sh PACKAGES WORK
#
# PACKAGES is a folder of packed packages, WORK an empty folder outside the sources. Nothing is sent to a provider.
set -euo pipefail

packages=$(realpath "$1")
work=$(realpath "$2")
page=$(realpath "$(dirname "$0")/../../docs/cost-tests.md")
workflow=$(realpath "$(dirname "$0")/../../docs/cost-tests-workflow.yaml")

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# The nth fence of shell commands of the page.
commands() {
  awk -v number="$1" '/^```sh/ { if (++count == number) { inside = 1; next } } inside && /^```/ { exit } inside' "$page"
}

cd "$work"
# A home of its own: other tests install tools at the same time, and the command finds installed tools through a cache in the home.
export NUGET_PACKAGES="$work/restored" DOTNET_CLI_HOME="$work/home" DOTNET_GENERATE_ASPNET_CERTIFICATE=false DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 GIT_CONFIG_GLOBAL=/dev/null

feeds=$(dotnet nuget list source | sed -n 's/^ *[0-9]*\. *\(.*\) \[Enabled\]$/\1/p')
{
  echo '<configuration><packageSources><add key="packed" value="'"$packages"'" /></packageSources><packageSourceMapping>'
  echo '<packageSource key="packed"><package pattern="MeaiBudget" /><package pattern="MeaiBudget.*" /></packageSource>'
  while read -r feed; do echo '<packageSource key="'"$feed"'"><package pattern="*" /></packageSource>'; done <<< "$feeds"
  echo '</packageSourceMapping></configuration>'
} > nuget.config

echo "== create the project"
commands 1 > commands.sh
[ -s commands.sh ] || fail "the page has no commands"
set -x
. ./commands.sh
{ set +x; } 2> /dev/null
rm -f UnitTest1.cs
awk '$0 == "<!-- cost-tests: AssistantCosts.cs -->" { found = 1 } found && /^```/ { if (inside) exit; inside = 1; next } inside' "$page" > AssistantCosts.cs
[ -s AssistantCosts.cs ] || fail "the page has no test"
git init -q .
printf 'bin/\nobj/\nTestResults/\n' > .gitignore
git add .

echo "== run it, and commit the snapshot"
commands 2 > ../second.sh
set -x
. ../second.sh
{ set +x; } 2> /dev/null
[ -s cost.snapshot.json ] || fail "no snapshot was written"
git -c user.name=a -c user.email=a@example.com commit -qm "Test what the assistant costs"

echo "== make the prompt longer, and compare"
rules=$(for _ in $(seq 13); do printf ' Never promise a date. Name the order.'; done)
sed -i "s/Be brief\\./Be brief.$rules/" AssistantCosts.cs
commands 3 | sed '$d' > ../third.sh
compare=$(commands 3 | tail -n 1)
. ../third.sh
status=0
$compare > comparison.txt || status=$?
cat comparison.txt
[ "$status" = 1 ] || fail "the comparison ended with $status"
grep -q 'the system prompt grew' comparison.txt || fail "the cause is not named"

echo "== what the workflow runs"
status=0
eval "$(sed -n 's/^ *\(dotnet meaibudget cost diff .*\) > cost.md.*/\1/p' "$workflow")" > cost.md || status=$?
[ "$status" = 1 ] || fail "the workflow's command ended with $status"
grep -q '| answer about a refund | \*\*too dear\*\* |' cost.md || fail "the comment does not show the scenario"

echo "A pull request shows what it costs."
