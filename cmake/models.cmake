# The models: the mall itself in one unit, trained; the rest file by file.
option(MESHMALL_TRAINED "let the compiler see what the mall does in the shipped scenarios before it compiles it (release, GCC)" ON)

file(GLOB_RECURSE model_sources CONFIGURE_DEPENDS models/*.cpp)
# A request's life runs through all files of models/mall and models/balancing: compiled as one unit the steps inline into each other, and their headers
# are read once.
set(mall_sources ${model_sources})
list(FILTER mall_sources INCLUDE REGEX "/models/(mall|balancing)/")
list(FILTER model_sources EXCLUDE REGEX "/models/(mall|balancing)/")

function(meshmall_mall_unit name)
  add_library(${name} OBJECT ${mall_sources})
  target_link_libraries(${name} PUBLIC meshmall_engine)
  set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
  set(gcc_release $<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>)
  # More inlining than the default allows: measured 4 to 5 % on the reference mesh (tests/bench/run).
  target_compile_options(${name} PRIVATE
    "$<${gcc_release}:-O3;--param=max-inline-insns-auto=100;--param=large-function-growth=1000;--param=inline-unit-growth=300;--param=large-stack-frame-growth=2000>")
  # Records are cleared at every step of a request: GCC's generic tuning does that with "rep stos", whose start is dear on every processor of the last years.
  # The hot code is larger than a first-level cache of instructions: no padding before loops and jumps, which costs more there than it gains.
  target_compile_options(${name} PRIVATE
    "$<$<AND:${gcc_release},$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>>:-mtune=icelake-server;-falign-functions=32;-fno-align-loops;-fno-align-jumps>")
endfunction()
meshmall_mall_unit(meshmall_mall)

add_library(meshmall_models_rest OBJECT ${model_sources})
target_link_libraries(meshmall_models_rest PUBLIC meshmall_engine PRIVATE Eigen3::Eigen nlohmann_json::nlohmann_json yaml-cpp)
target_compile_definitions(meshmall_models_rest PRIVATE MESHMALL_VERSION="${PROJECT_VERSION}")

add_library(meshmall_models STATIC $<TARGET_OBJECTS:meshmall_models_rest> $<TARGET_OBJECTS:meshmall_mall>)
target_link_libraries(meshmall_models PUBLIC meshmall_engine PRIVATE ${RE2_LIBRARY} yaml-cpp)

# Trained: the mall is compiled twice. The first counts what it does (cmake/training.cpp runs shipped scenarios), the second is laid out by those counts:
# which calls are worth inlining, which branches are rare. Measured 9 % on the reference mesh, which is not among the scenarios of the training.
# What is computed does not change, only how fast.
if(MESHMALL_TRAINED AND CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT MESHMALL_SANITIZE AND NOT MESHMALL_COVERAGE)
  meshmall_mall_unit(meshmall_mall_counting)
  target_compile_options(meshmall_mall_counting PRIVATE -fprofile-generate -fprofile-update=single -frandom-seed=mall)
  add_executable(training cmake/training.cpp $<TARGET_OBJECTS:meshmall_models_rest> $<TARGET_OBJECTS:meshmall_mall_counting>)
  target_link_libraries(training PRIVATE meshmall_engine ${RE2_LIBRARY} yaml-cpp gcov)
  set(counts ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/meshmall_mall.dir/Unity/unity_0_cxx.cxx.gcda)  # beside the object: where GCC looks for it
  file(GLOB plain_scenarios CONFIGURE_DEPENDS scenarios/*.json scenarios/article/*.json)
  file(GLOB policy_scenarios CONFIGURE_DEPENDS scenarios/policies/*.json)
  add_custom_command(OUTPUT ${counts}
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${CMAKE_CURRENT_BINARY_DIR}/training_counts
    COMMAND ${CMAKE_COMMAND} -E env GCOV_PREFIX=${CMAKE_CURRENT_BINARY_DIR}/training_counts GCOV_PREFIX_STRIP=99 
      $<TARGET_FILE:training> --events 1000000 ${plain_scenarios} --events 20000 ${policy_scenarios}
    COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_BINARY_DIR}/training_counts/unity_0_cxx.cxx.gcda ${counts}
    DEPENDS training
    COMMENT "Counting what the mall does in the shipped scenarios"
    VERBATIM)
  target_compile_options(meshmall_mall PRIVATE -fprofile-use -fprofile-correction -Wno-coverage-mismatch -Wno-missing-profile -frandom-seed=mall)
  target_sources(meshmall_mall PRIVATE ${counts})
  set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/meshmall_mall.dir/Unity/unity_0_cxx.cxx PROPERTIES OBJECT_DEPENDS ${counts})
endif()
