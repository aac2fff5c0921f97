#!/usr/bin/env bash
# One comment on the pull request, kept up to date: found again by the marker in its first line. Without the right to write, the summary has to do.
#   REPOSITORY OWNER/NAME · PULL_REQUEST its number · REPORT folder of the reports · KEY which comparison of the pull request this is · GH_TOKEN
set -eu -o pipefail
: "${REPOSITORY:?}" "${PULL_REQUEST:?}" "${REPORT:?}" "${KEY:=scenarios}"

body=$REPORT/comment.md
if [ ! -s "$body" ]; then
  echo "there is no $body: nothing to say"
  exit 0
fi
marker="<!-- meshmall-compare:${KEY//[^A-Za-z0-9_.\/-]/_} -->" # of this action: a report without any rule has another first line than one with
json=$(mktemp)
python3 - "$body" "$marker" "$json" <<'PYTHON'
import json, sys
lines = open(sys.argv[1], encoding="utf-8").read().split("\n")
if lines[0].startswith("<!-- meshmall-compare"):
    lines = lines[1:]
json.dump({"body": "\n".join([sys.argv[2]] + lines)[:65536]}, open(sys.argv[3], "w"))
PYTHON
if there=$(MARKER=$marker gh api --paginate "repos/$REPOSITORY/issues/$PULL_REQUEST/comments" --jq '.[] | select(.body | startswith(env.MARKER)) | .id' 2>&1); then
  there=$(head -n 1 <<<"$there")
  if [ -n "$there" ]; then
    call=(gh api --method PATCH "repos/$REPOSITORY/issues/comments/$there" --input "$json")
  else
    call=(gh api --method POST "repos/$REPOSITORY/issues/$PULL_REQUEST/comments" --input "$json")
  fi
  if "${call[@]}" >/dev/null; then
    echo "the comment is up to date"
    rm -f -- "$json"
    exit 0
  fi
fi
rm -f -- "$json"
echo "::notice::meshmall may not comment here (permissions: pull-requests: write); the report is in the job's summary"
