#!/usr/bin/env bash
# The launcher's promises, with apt, dpkg's status file, cmake, ninja, ctest, sudo and id replaced by scripts that note how they were called. Builds and installs nothing.
# usage: launcher_test.sh PATH_OF_MALL
# shellcheck disable=SC2016,SC2115
set -u
launcher=$(readlink -f -- "$1")
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
failures=0

# expect NAME CONDITION...: one line a check.
expect() {
  local name=$1
  shift
  if "$@"; then echo "ok      $name"; else
    echo "FAILED  $name: $*"
    sed 's/^/          calls  /' "$calls"
    sed 's/^/          stderr /' "$work/err"
    failures=$((failures + 1))
  fi
}
equal() { [ "$1" = "$2" ]; }
contains() { case $1 in *"$2"*) ;; *) return 1 ;; esac; }
lacks() { ! contains "$@"; }

tool() {
  printf '#!/usr/bin/env bash\n%s\n' "$2" >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}

# A new clone whose path has spaces, and a machine on which `absent` is not installed.
fresh() {
  rm -rf -- "$work/bin" "$work/my clone" "$work/else where"
  mkdir -p "$work/bin" "$work/my clone" "$work/else where"
  sed "s#/var/lib/dpkg/status#$work/dpkg-status#" "$launcher" >"$work/my clone/mall"
  chmod +x "$work/my clone/mall"
  touch "$work/dpkg-status"
  calls="$work/calls"
  : >"$calls"
  export calls absent="" uid=0 code=0 sudo_code=0 work
  tool id 'echo "$uid"'
  tool sudo '[ "$1" = -n ] || exit 99; [ "$sudo_code" = 0 ] || exit 1; shift; [ "$1" = true ] && exit; echo "sudo" >>"$calls"; uid=0 exec "$@"'
  tool dpkg-query 'echo dpkg-query >>"$calls"; for p in "${@:3}"; do case " $absent " in *" $p "*) ;; *) echo "$p installed" ;; esac; done'
  tool apt-get 'echo "apt-get $* [$DEBIAN_FRONTEND]" >>"$calls"; read -r answer && echo "read $answer" >>"$calls"; touch "$work/dpkg-status"; exit "${apt_code:-0}"'
  tool cmake 'echo "cmake $*" >>"$calls"; [ -z "${cmake_code:-}" ] || { echo "CMake Error: no such thing"; exit "$cmake_code"; }; mkdir -p build/release; touch build/release/build.ninja'
  tool ninja 'echo "ninja ${*:5}" >>"$calls"; read -r answer && echo "read $answer" >>"$calls"
    [ -z "${ninja_code:-}" ] || { echo "FAILED: mall.o"; exit "$ninja_code"; }
    [ -e "$2/meshmall" ] && { echo "ninja: no work to do."; exit; }
    echo "[1/1] Linking"; cp "$work/bin/fake-meshmall" "$2/meshmall"'
  tool fake-meshmall 'printf "in %s:" "$PWD"; printf " <%s>" "$@"; [ -t 0 ] || read -r line && printf " read %s" "$line"; echo; exit "$code"'
  tool ctest 'echo "ctest ${*:3}" >>"$calls"; echo "100% tests passed"; exit "$code"'
}

# mall ARGUMENT...: runs the launcher from another folder; leaves $out, $err and $status.
mall() {
  out=$(cd "$work/else where" && PATH="$work/bin:$PATH" "${mall_path:-$work/my clone/mall}" "$@" 2>"$work/err" <<<"${stdin-}")
  status=$?
  err=$(<"$work/err")
}

fresh
stdin=customer code=3
mall run 'a scenario.json' --seed 7
expect PassesTheProgramsCodeThrough equal "$status" 3
expect RunsInTheCallersFolderWithTheArgumentsAndStdinUnchanged equal "$out" "in $work/else where: <run> <a scenario.json> <--seed> <7> read customer"
expect ConfiguresAndBuildsOnlyTheProgram equal "$(<"$calls")" $'dpkg-query\ncmake --preset release\nninja meshmall'
expect TellsEachStepInOneLine equal "$err" $'mall: configuring (release)\nmall: building (release)'
: >"$calls"
mall check x.json
expect DoesOnlyNinjasCheckWhenNothingChanged equal "$(<"$calls")" "ninja meshmall"
expect IsSilentWhenNothingChanged equal "$err" ""
code=0
ln -s "$work/my clone/mall" "$work/else where/mall-link"
mall_path=./mall-link
mall run x.json
expect WorksThroughASymbolicLink equal "$out" "in $work/else where: <run> <x.json> read customer"
unset mall_path
rm "$work/my clone/build/release/build.ninja"
mall run x.json
expect ConfiguresAgainWhenTheBuildFolderWasEmptied contains "$(<"$calls")" "cmake --preset release"

fresh
export absent="libcli11-dev ninja-build"
stdin=y
mall build
expect InstallsOnlyWhatIsMissing contains "$(<"$calls")" "install --no-install-recommends ninja-build libcli11-dev [noninteractive]"
expect RefreshesThePackageListsFirst contains "$(<"$calls")" "update [noninteractive]"
expect GivesNoStepTheCallersStdin lacks "$(<"$calls")" "read y"
expect SaysWhatItInstalls contains "$err" "mall: installing 2 packages: ninja-build libcli11-dev"
expect BuildDoesNotRunTheProgram equal "$out" ""

fresh
export absent="libgtest-dev" uid=1000
mall run x.json
expect NeedsNoTestPackagesToRun lacks "$(<"$calls")" apt-get
mall test -R Time
expect UsesSudoWithoutAPasswordWhenNotRoot contains "$(<"$calls")" sudo
expect InstallsTheTestPackagesToTest contains "$(<"$calls")" "install --no-install-recommends libgtest-dev"
expect ConfiguresAgainAfterInstalling contains "$(tail -n 3 "$calls")" "cmake --preset release"
expect BuildsEverythingToTest contains "$(<"$calls")" "ninja all"
expect HandsOptionsToCtest contains "$(<"$calls")" "ctest --output-on-failure --no-tests=error -j 2 -R Time"
expect EndsWithCtestsLastLine equal "$out" "100% tests passed"
export code=8
mall test
expect FailedTestsAreCodeOne equal "$status" 1

fresh
export absent="g++" uid=1000 sudo_code=1
mall run x.json
expect RefusesWithoutRootWithCodeSix equal "$status" 6
expect NamesTheCommandToRunAsRoot contains "$err" "as root, apt-get update && apt-get install --no-install-recommends g++"
expect CallsNoAptWithoutRoot lacks "$(<"$calls")" apt-get

fresh
export absent="g++" apt_code=100
mall run x.json
expect AFailedInstallIsCodeSix equal "$status" 6
expect AFailedInstallNamesItsCommandAndLog contains "$err" "apt-get install --no-install-recommends g++"
expect AFailedInstallNamesTheLog contains "$err" "the whole log: $work/my clone/build/mall/install.log"
unset apt_code

fresh
export cmake_code=1
mall run x.json
expect AFailedConfigurationIsCodeSix equal "$status" 6
expect AFailedConfigurationShowsItsLastLines contains "$err" "    CMake Error: no such thing"
unset cmake_code
export ninja_code=1
mall run x.json
expect AFailedBuildIsCodeSix equal "$status" 6
expect AFailedBuildShowsItsLastLines contains "$err" "    FAILED: mall.o"
expect AFailedBuildSaysWhatToDo contains "$err" "what to do:"
unset ninja_code

fresh
mkdir -p "$work/my clone/tests/bench"
cp "$work/bin/fake-meshmall" "$work/my clone/tests/bench/run"
mall bench --quick
expect BenchBuildsTheBenchmarks contains "$(<"$calls")" "ninja meshmall bench"
expect BenchRunsTheirScriptInTheCallersFolder equal "$out" "in $work/else where: <--quick> read y"

fresh
export absent="qt6-charts-dev"
mkdir -p "$work/my clone/build/release"
cp "$work/bin/fake-meshmall" "$work/my clone/build/release/meshmall-gui"
mall gui my.json --theme dark
expect TheDashboardsPackagesAreInstalled contains "$(<"$calls")" "install --no-install-recommends qt6-charts-dev"
expect OnlyTheDashboardIsBuilt contains "$(<"$calls")" "ninja meshmall-gui"
expect TheDashboardGetsItsArguments contains "$out" "<my.json> <--theme> <dark>"

fresh
mall bench
expect AbsentBenchmarksAreRefusedWithCodeTwo equal "$status" 2
mall build now
expect BuildTakesNoArguments equal "$status" 2
mall
expect NoVerbIsCodeTwo equal "$status" 2
mall --help
expect HelpIsCodeZero equal "$status" 0
expect HelpDocumentsTheExitCodes contains "$out" "exit codes"
expect NothingOfThisBuilds equal "$(<"$calls")" ""

fresh
(cd "$work" && PATH="$work/bin:$PATH" "$work/my clone/mall" run x.json >"$work/out" 2>"$work/err" <&-)
expect WorksWithStdinClosed equal $? 0

# Two at once: the second says that it waits, and builds only after the first's build has ended.
fresh
mkfifo "$work/started" "$work/go" "$work/second"
tool ninja 'echo begin >>"$calls"
  if mkdir "$work/first" 2>/dev/null; then echo >"$work/started"; read -r <"$work/go"; fi
  echo end >>"$calls"; cp "$work/bin/fake-meshmall" "$2/meshmall"'
PATH="$work/bin:$PATH" "$work/my clone/mall" build 2>"$work/err" &
read -r <"$work/started"
exec 3<>"$work/second"
PATH="$work/bin:$PATH" "$work/my clone/mall" build 2>&3 &
read -r line <&3
expect TheSecondOfTwoAtOnceSaysThatItWaits equal "$line" "mall: waiting for another ./mall that builds here"
echo >"$work/go"
wait
expect TwoAtOnceBuildOneAfterTheOther equal "$(grep -E 'begin|end' "$calls")" $'begin\nend\nbegin\nend'

[ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
