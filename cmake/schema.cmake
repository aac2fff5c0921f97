# The JSON Schemas become part of the program, so that `meshmall schema` needs no file.
set(schema_file ${CMAKE_CURRENT_SOURCE_DIR}/scenarios/schema/scenario.schema.json)
set(study_schema_file ${CMAKE_CURRENT_SOURCE_DIR}/scenarios/schema/study.schema.json)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${schema_file} ${study_schema_file})
file(READ ${schema_file} MESHMALL_SCENARIO_SCHEMA)
file(READ ${study_schema_file} MESHMALL_STUDY_SCHEMA)
configure_file(models/scenario/scenario_schema.cpp.in ${CMAKE_CURRENT_BINARY_DIR}/generated/scenario_schema.cpp @ONLY)
target_sources(meshmall_models PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/generated/scenario_schema.cpp)
set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/generated/scenario_schema.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
