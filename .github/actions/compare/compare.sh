#!/usr/bin/env bash
# Compares the scenarios here with those of another revision. Ends with the code of `meshmall compare`: 0 passed, 1 a rule failed, 2 wrong input, 3 inconclusive,
# 4 the baseline is not in this clone; 5 to 8 as everywhere. Runs in any clone:
#   MESHMALL=build/release/meshmall BASELINE=origin/main SCENARIOS=scenarios REPORT=report compare.sh
#   MESHMALL    the program                     BASELINE   revision to compare with
#   SCENARIOS   folder of scenarios or one      REPORT     folder for the reports
#   GATE        gate file, or empty             ARGUMENTS  more for the program, split at blanks
#   ALL         true: also what did not change; else only scenarios whose file differs (others can't differ: both sides run with the same program)
# The report is appended to GITHUB_STEP_SUMMARY where that is set, and annotations go to stdout where GITHUB_ACTIONS is.
set -eu -o pipefail

: "${MESHMALL:?the program}" "${SCENARIOS:=scenarios}" "${REPORT:=meshmall-report}" "${GATE:=}" "${ARGUMENTS:=}" "${ALL:=false}"
BASELINE=${BASELINE:-}
SCENARIOS=${SCENARIOS%/}

# finish CODE: gives the outputs and leaves.
finish() {
  if [ -n "${GITHUB_OUTPUT:-}" ]; then
    printf 'exit-code=%s\n' "$1" >>"$GITHUB_OUTPUT"
    if [ -d "$REPORT" ]; then printf 'report=%s\n' "$REPORT" >>"$GITHUB_OUTPUT"; fi
  fi
  exit "$1"
}

# tell TITLE TEXT: a short report of our own, on stdout and in the summary.
tell() {
  printf '%s\n%s\n' "$1" "$2"
  mkdir -p -- "$REPORT"
  printf '### meshmall: %s\n\n%s\n' "$1" "$2" >"$REPORT/report.md"
  { printf '<!-- meshmall-compare:_ -->\n' && cat -- "$REPORT/report.md"; } >"$REPORT/comment.md"
  if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat -- "$REPORT/report.md" >>"$GITHUB_STEP_SUMMARY"; fi
}

case $BASELINE in
  '' | 0000000000000000000000000000000000000000)
    tell 'nothing to compare with' "This event has no base revision (a first push, a manual start). Give the action a \`baseline\`."
    finish 0
    ;;
  -*)
    echo "BASELINE is no revision: $BASELINE" >&2
    finish 2
    ;;
esac

# A revision that is not here is told by the program, with the cure (4). One that has no such folder yet has nothing to compare: everything is new.
if git rev-parse --verify --quiet --end-of-options "$BASELINE^{commit}" >/dev/null; then
  at=$(git rev-parse --show-prefix)$SCENARIOS
  at=${at#./}
  if [ -e "$SCENARIOS" ] && ! git cat-file -e "$BASELINE:$at" 2>/dev/null; then
    status=0
    mapfile -d '' -t files < <(if [ -d "$SCENARIOS" ]; then grep -rlZ --include='*.json' '"meshmall"' -- "$SCENARIOS"; else printf '%s\0' "$SCENARIOS"; fi)
    if [ "${#files[@]}" -gt 0 ]; then "$MESHMALL" check --quiet -- "${files[@]}" || status=$?; fi
    if [ "$status" != 0 ]; then finish "$status"; fi
    tell "${#files[@]} new scenarios" "The base has no \`$SCENARIOS\` yet: there is nothing to compare. All of them are sound (\`meshmall check\`)."
    finish 0
  fi
fi

# The scenarios whose files differ, each as a pattern that matches itself. A file of another kind that differs may be read by any of them: then all are compared.
only=()
if [ "$ALL" != true ] && [ -d "$SCENARIOS" ]; then
  list=$(mktemp)
  changed=true
  if git diff --name-only --no-renames --relative -z "$BASELINE" -- "$SCENARIOS" >"$list" 2>/dev/null && git ls-files --others --exclude-standard -z -- "$SCENARIOS" >>"$list" 2>/dev/null; then
    changed=false
    while IFS= read -r -d '' file; do
      case $file in
        *.md) continue ;;
        *.json) ;;
        *)
          changed=true
          only=()
          break
          ;;
      esac
      before=$(git show "$BASELINE:$(git rev-parse --show-prefix)$file" 2>/dev/null | grep -c '"meshmall"' || true)
      after=$(grep -c -s '"meshmall"' -- "$file" || true)
      if [ "${before:-0}" = 0 ] && [ "${after:-0}" = 0 ]; then continue; fi
      changed=true
      only+=(--only "$(printf '%s' "${file#"$SCENARIOS"/}" | sed 's/[][*?\\]/\\&/g')")
    done <"$list"
  fi # else the program says what is wrong with the revision
  rm -f -- "$list"
  if [ "$changed" = false ]; then
    tell 'no scenario changed' "Every scenario of \`$SCENARIOS\` is as it was in \`$BASELINE\`."
    finish 0
  fi
fi

forms=md,html,junit,json,csv
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then forms+=,summary; fi
if [ -n "${GITHUB_ACTIONS:-}" ]; then forms+=,annotations; fi
read -r -a more <<<"$ARGUMENTS"
command=("$MESHMALL" compare "git:$BASELINE:$SCENARIOS" "$SCENARIOS" --formats "$forms" -o "$REPORT")
if [ -n "$GATE" ]; then command+=(--gate "$GATE"); fi
command+=(${only[@]+"${only[@]}"} ${more[@]+"${more[@]}"})

status=0
errors=$(mktemp)
"${command[@]}" 2>"$errors" || status=$?
cat -- "$errors" >&2
case $status in
  0 | 1 | 3) ;;
  *) # Nothing was compared: the reader of the pull request sees why, and what to do.
    tell "nothing was compared (code $status)" "$(sed 's/^/    /' -- "$errors" | head -c 20000)"
    ;;
esac
rm -f -- "$errors"
finish "$status"
