// A JSON Schema, read once, that says whether documents are valid.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

namespace meshmall::models {

class SchemaValidator {
 public:
  explicit SchemaValidator(std::string_view schema) : json_(nlohmann::json::parse(schema)) {
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(json_), schema_);
  }

  const nlohmann::json& json() const { return json_; }
  bool accepts(const nlohmann::json& document) const {
    valijson::Validator validator;
    return validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(document), nullptr);
  }

 private:
  nlohmann::json json_;
  valijson::Schema schema_;
};

}  // namespace meshmall::models
