/* SPDX-License-Identifier: MIT */
/* Values of a TOML file, by toml++. The one file in C++, because no parser in C is in Debian. */
#include "toml_read.h"

#include <cstdio>
#include <exception>
#include <string>

#include <toml++/toml.h>

namespace
{

struct Reader {
    bool (*take)(void *user, const TomlValue *value);
    void *user;
};

/* As it would stand on the command line. */
std::string text_of(const toml::node &node, TomlKind &kind)
{
    char digits[64];
    kind = TOML_NUMBER;
    if (const auto *whole = node.as_integer())
        return std::to_string(whole->get());
    if (const auto *real = node.as_floating_point()) {
        std::snprintf(digits, sizeof digits, "%.15g", real->get());
        return digits;
    }
    kind = TOML_FLAG;
    if (const auto *flag = node.as_boolean())
        return flag->get() ? "true" : "false";
    kind = TOML_TEXT;
    if (const auto *text = node.as_string())
        return text->get();
    kind = TOML_OTHER;
    return "";
}

bool hand_on(const Reader &reader, const std::string &table, const std::string &key, const toml::node &node,
             bool in_list)
{
    TomlValue value = {};
    std::string text = text_of(node, value.kind);
    // What follows a NUL would be lost without a word.
    if (text.find('\0') != std::string::npos)
        value.kind = TOML_OTHER;
    value.table = table.c_str();
    value.key = key.c_str();
    value.text = text.c_str();
    value.in_list = in_list;
    value.line = static_cast<int>(node.source().begin.line);
    return reader.take(reader.user, &value);
}

bool walk(const Reader &reader, const toml::table &table, const std::string &name)
{
    for (auto &&[key_view, node] : table) {
        const std::string key{std::string_view{key_view}};
        bool good = true;
        if (const auto *inner = node.as_table()) {
            good = walk(reader, *inner, name.empty() ? key : name + " " + key);
        } else if (const auto *list = node.as_array()) {
            for (auto &&item : *list)
                good = good && hand_on(reader, name, key, item, true);
        } else {
            good = hand_on(reader, name, key, node, false);
        }
        if (!good)
            return false;
    }
    return true;
}

} // namespace

bool cli_toml_read(const char *text, size_t size_bytes, bool (*take)(void *user, const TomlValue *value),
                   void *user, char *message, size_t message_bytes, int *line)
{
    *line = 0;
    message[0] = '\0';
    try {
        const toml::table table = toml::parse(std::string_view{text, size_bytes});
        return walk(Reader{take, user}, table, "");
    } catch (const toml::parse_error &error) {
        *line = static_cast<int>(error.source().begin.line);
        std::snprintf(message, message_bytes, "%s", std::string{error.description()}.c_str());
    } catch (const std::exception &error) { // memory
        std::snprintf(message, message_bytes, "%s", error.what());
    }
    return false;
}
