// The table of what is JSON and what is not, by the rules of RFC 8259 one after another.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/json/reader.h"

namespace fieldwork::json {
namespace {

using std::string_view_literals::operator""sv;

// `name`: y_ is accepted, n_ is refused.
struct Case {
  std::string_view name;
  std::string_view text;
};

// clang-format off
constexpr Case kNumbers[] = {
    {"y_zero", "0"sv},
    {"y_minus_zero", "-0"sv},
    {"y_one_digit", "7"sv},
    {"y_many_digits", "1234567890"sv},
    {"y_negative", "-123"sv},
    {"y_fraction", "0.5"sv},
    {"y_fraction_of_many", "123.456789"sv},
    {"y_fraction_zeros", "0.000"sv},
    {"y_minus_zero_fraction", "-0.0"sv},
    {"y_exponent", "1e5"sv},
    {"y_exponent_upper", "1E5"sv},
    {"y_exponent_plus", "1e+5"sv},
    {"y_exponent_minus", "1e-5"sv},
    {"y_exponent_leading_zeros", "1e005"sv},
    {"y_zero_exponent", "0e0"sv},
    {"y_zero_exponent_upper_plus", "0E+1"sv},
    {"y_fraction_and_exponent", "-12.34e-56"sv},
    {"y_huge_exponent", "1e999999"sv},
    {"y_beyond_64_bits", "123456789012345678901234567890"sv},
    {"y_tiny", "-0.00000000000000000000000001"sv},
    {"y_in_array", "[1,-2,3.5,4e4]"sv},
    {"y_space_after", "[1 ]"sv},
    {"y_space_before", "[ 1]"sv},
    {"y_in_object", "{\"a\":1.5E+2}"sv},
    {"n_plus", "+1"sv},
    {"n_minus_alone", "-"sv},
    {"n_two_minus", "--1"sv},
    {"n_minus_space", "- 1"sv},
    {"n_leading_zero", "01"sv},
    {"n_minus_leading_zero", "-01"sv},
    {"n_two_zeros", "00"sv},
    {"n_leading_zero_fraction", "00.5"sv},
    {"n_dot_first", ".5"sv},
    {"n_minus_dot", "-.5"sv},
    {"n_dot_last", "1."sv},
    {"n_dot_alone", "."sv},
    {"n_dot_then_exponent", "1.e5"sv},
    {"n_two_dots", "1.2.3"sv},
    {"n_double_dot", "1..2"sv},
    {"n_exponent_alone", "e5"sv},
    {"n_exponent_empty", "1e"sv},
    {"n_exponent_sign_only", "1e+"sv},
    {"n_exponent_minus_only", "1E-"sv},
    {"n_exponent_two_signs", "1e+-5"sv},
    {"n_exponent_twice", "1e5e5"sv},
    {"n_exponent_fraction", "1e5.5"sv},
    {"n_zero_exponent_empty", "0e"sv},
    {"n_hex", "0x1F"sv},
    {"n_octal", "0o17"sv},
    {"n_binary", "0b1"sv},
    {"n_nan", "NaN"sv},
    {"n_minus_nan", "-NaN"sv},
    {"n_infinity", "Infinity"sv},
    {"n_minus_infinity", "-Infinity"sv},
    {"n_inf", "inf"sv},
    {"n_thousands", "1,000"sv},
    {"n_underscore", "1_000"sv},
    {"n_space_inside", "1 000"sv},
    {"n_suffix", "1f"sv},
    {"n_suffix_in_array", "[1a]"sv},
    {"n_minus_letter", "[-a]"sv},
    {"n_expression", "[1+2]"sv},
    {"n_full_width_digit", "\xEF\xBC\x91"sv},
    {"n_nul_after", "1\x00"sv},
    {"n_trailing_minus", "[1-]"sv},
    {"n_dot_last_in_array", "[2.]"sv},
    {"n_currency", "$1"sv},
};

constexpr Case kStrings[] = {
    {"y_empty", "\"\""sv},
    {"y_one", "\"a\""sv},
    {"y_plain", "\"hello, world\""sv},
    {"y_word_less_one", "\"1234567\""sv},
    {"y_word", "\"12345678\""sv},
    {"y_word_and_one", "\"123456789\""sv},
    {"y_long", "\"012345678901234567890123456789012345678901234567890123456789\""sv},
    {"y_slash_plain", "\"a/b\""sv},
    {"y_apostrophe", "\"it's\""sv},
    {"y_delete", "\"\x7F\""sv},
    {"y_space", "\" \""sv},
    {"y_edge_of_plain", "\" !#[]~\""sv},
    {"y_brackets_inside", "\"[{]},:\""sv},
    {"y_comment_inside", "\"/* no */ // no\""sv},
    {"y_looks_like_null", "\"null\""sv},
    {"y_quote_escape", "\"\\\"\""sv},
    {"y_backslash_escape", "\"\\\\\""sv},
    {"y_slash_escape", "\"\\/\""sv},
    {"y_b", "\"\\b\""sv},
    {"y_f", "\"\\f\""sv},
    {"y_n", "\"\\n\""sv},
    {"y_r", "\"\\r\""sv},
    {"y_t", "\"\\t\""sv},
    {"y_all_short_escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""sv},
    {"y_escape_then_text", "\"\\nabcdefghij\""sv},
    {"y_escape_at_word_end", "\"1234567\\n\""sv},
    {"y_backslashes_even", "\"\\\\\\\\\""sv},
    {"y_backslash_then_n", "\"\\\\n\""sv},
    {"y_unicode_zero", "\"\\u0000\""sv},
    {"y_unicode_lower", "\"\\u00e9\""sv},
    {"y_unicode_upper", "\"\\u00E9\""sv},
    {"y_unicode_mixed", "\"\\uAbCd\""sv},
    {"y_unicode_digits", "\"\\u1234\""sv},
    {"y_unicode_then_digits", "\"\\u00411\""sv},
    {"y_unicode_quote", "\"\\u0022\""sv},
    {"y_unicode_backslash", "\"\\u005c\""sv},
    {"y_unicode_control", "\"\\u001f\""sv},
    {"y_unicode_ffff", "\"\\uffff\""sv},
    {"y_unicode_before_surrogates", "\"\\ud7ff\""sv},
    {"y_unicode_after_surrogates", "\"\\ue000\""sv},
    {"y_pair", "\"\\ud83d\\ude00\""sv},
    {"y_pair_upper", "\"\\uD83D\\uDE00\""sv},
    {"y_pair_lowest", "\"\\ud800\\udc00\""sv},
    {"y_pair_highest", "\"\\udbff\\udfff\""sv},
    {"y_two_pairs", "\"\\ud83d\\ude00\\ud83d\\ude01\""sv},
    {"y_pair_then_text", "\"\\ud83d\\ude00x\""sv},
    {"n_open", "\""sv},
    {"n_not_closed", "\"abc"sv},
    {"n_not_closed_in_array", "[\"abc]"sv},
    {"n_word_not_closed", "\"12345678"sv},
    {"n_apostrophes", "'a'"sv},
    {"n_no_quotes", "abc"sv},
    {"n_end_in_backslash", "\"\\"sv},
    {"n_escaped_close", "\"\\\""sv},
    {"n_two_strings", "\"a\" \"b\""sv},
    {"n_quote_inside", "\"a\"b\""sv},
    {"n_closing_only", "a\""sv},
    {"n_typographic_quotes", "\xE2\x80\x9C" "a\xE2\x80\x9D"sv},
    {"n_escape_a", "\"\\a\""sv},
    {"n_escape_v", "\"\\v\""sv},
    {"n_escape_zero", "\"\\0\""sv},
    {"n_escape_apostrophe", "\"\\'\""sv},
    {"n_escape_x", "\"\\x41\""sv},
    {"n_escape_space", "\"\\ \""sv},
    {"n_escape_upper_n", "\"\\N\""sv},
    {"n_escape_upper_u", "\"\\U0041\""sv},
    {"n_escape_newline", "\"\\\n\""sv},
    {"n_escape_nul", "\"\\\x00\""sv},
    {"n_escape_non_ascii", "\"\\\xC3\xA9\""sv},
    {"n_escape_brace", "\"\\u{41}\""sv},
    {"n_unicode_empty", "\"\\u\""sv},
    {"n_unicode_one", "\"\\u1\""sv},
    {"n_unicode_two", "\"\\u12\""sv},
    {"n_unicode_three", "\"\\u123\""sv},
    {"n_unicode_not_hex", "\"\\u12g4\""sv},
    {"n_unicode_not_hex_last", "\"\\u123G\""sv},
    {"n_unicode_colon", "\"\\u123:\""sv},
    {"n_unicode_at_sign", "\"\\u@123\""sv},
    {"n_unicode_backquote", "\"\\u`123\""sv},
    {"n_unicode_slash", "\"\\u/123\""sv},
    {"n_unicode_space", "\"\\u 123\""sv},
    {"n_unicode_sign", "\"\\u+123\""sv},
    {"n_unicode_minus", "\"\\u-123\""sv},
    {"n_unicode_end", "\"\\u00"sv},
    {"n_unicode_control_as_digit", "\"\\u\x10\x11\x12\x13\""sv},
    {"n_unicode_high_bytes", "\"\\u\xB0\xB0\xB0\xB0\""sv},
    {"n_high_alone", "\"\\ud800\""sv},
    {"n_high_last_alone", "\"\\udbff\""sv},
    {"n_high_then_text", "\"\\ud83dxxxxxx\""sv},
    {"n_high_then_short_escape", "\"\\ud83d\\n\""sv},
    {"n_high_then_other", "\"\\ud83d\\u0041\""sv},
    {"n_high_then_high", "\"\\ud83d\\ud83d\""sv},
    {"n_high_then_just_below", "\"\\ud83d\\udbff\""sv},
    {"n_high_then_just_above", "\"\\ud83d\\ue000\""sv},
    {"n_low_alone", "\"\\udc00\""sv},
    {"n_low_last_alone", "\"\\udfff\""sv},
    {"n_low_then_high", "\"\\ude00\\ud83d\""sv},
    {"n_low_then_low", "\"\\udc00\\udc00\""sv},
    {"n_pair_then_low", "\"\\ud83d\\ude00\\ude00\""sv},
    {"n_high_at_end", "\"\\ud83d"sv},
    {"n_high_then_backslash", "\"\\ud83d\\\""sv},
    {"n_high_then_cut_escape", "\"\\ud83d\\u\""sv},
    {"n_high_then_cut_digits", "\"\\ud83d\\ude0\""sv},
    {"n_high_then_bad_digits", "\"\\ud83d\\udxyz\""sv},
    {"n_pair_in_two_strings", "[\"\\ud83d\",\"\\ude00\"]"sv},
    {"n_lone_in_key", "{\"\\ud83d\":1}"sv},
};

constexpr Case kControls[] = {
    {"n_control_00", "\"a\x00" "b\""sv},
    {"n_control_01", "\"a\x01" "b\""sv},
    {"n_control_02", "\"a\x02" "b\""sv},
    {"n_control_03", "\"a\x03" "b\""sv},
    {"n_control_04", "\"a\x04" "b\""sv},
    {"n_control_05", "\"a\x05" "b\""sv},
    {"n_control_06", "\"a\x06" "b\""sv},
    {"n_control_07", "\"a\x07" "b\""sv},
    {"n_control_08", "\"a\x08" "b\""sv},
    {"n_control_09", "\"a\tb\""sv},
    {"n_control_0a", "\"a\nb\""sv},
    {"n_control_0b", "\"a\x0B" "b\""sv},
    {"n_control_0c", "\"a\x0C" "b\""sv},
    {"n_control_0d", "\"a\rb\""sv},
    {"n_control_0e", "\"a\x0E" "b\""sv},
    {"n_control_0f", "\"a\x0F" "b\""sv},
    {"n_control_10", "\"a\x10" "b\""sv},
    {"n_control_11", "\"a\x11" "b\""sv},
    {"n_control_12", "\"a\x12" "b\""sv},
    {"n_control_13", "\"a\x13" "b\""sv},
    {"n_control_14", "\"a\x14" "b\""sv},
    {"n_control_15", "\"a\x15" "b\""sv},
    {"n_control_16", "\"a\x16" "b\""sv},
    {"n_control_17", "\"a\x17" "b\""sv},
    {"n_control_18", "\"a\x18" "b\""sv},
    {"n_control_19", "\"a\x19" "b\""sv},
    {"n_control_1a", "\"a\x1A" "b\""sv},
    {"n_control_1b", "\"a\x1B" "b\""sv},
    {"n_control_1c", "\"a\x1C" "b\""sv},
    {"n_control_1d", "\"a\x1D" "b\""sv},
    {"n_control_1e", "\"a\x1E" "b\""sv},
    {"n_control_1f", "\"a\x1F" "b\""sv},
    {"n_control_at_word_end", "\"1234567\x1F\""sv},
    {"n_control_in_key", "{\"a\x01\":1}"sv},
    {"n_newline_in_long", "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n\""sv},
};

constexpr Case kUtf8[] = {
    {"y_two_bytes", "\"\xC3\xA9\""sv},
    {"y_two_bytes_least", "\"\xC2\x80\""sv},
    {"y_two_bytes_most", "\"\xDF\xBF\""sv},
    {"y_three_bytes", "\"\xE2\x82\xAC\""sv},
    {"y_three_bytes_least", "\"\xE0\xA0\x80\""sv},
    {"y_before_surrogates", "\"\xED\x9F\xBF\""sv},
    {"y_after_surrogates", "\"\xEE\x80\x80\""sv},
    {"y_three_bytes_most", "\"\xEF\xBF\xBF\""sv},
    {"y_noncharacter", "\"\xEF\xB7\x90\""sv},
    {"y_bom_inside", "\"\xEF\xBB\xBF\""sv},
    {"y_four_bytes", "\"\xF0\x9F\x98\x80\""sv},
    {"y_four_bytes_least", "\"\xF0\x90\x80\x80\""sv},
    {"y_four_bytes_most", "\"\xF4\x8F\xBF\xBF\""sv},
    {"y_line_separator", "\"\xE2\x80\xA8\xE2\x80\xA9\""sv},
    {"y_mixed", "\"a\xC3\xA9" "b\xE2\x82\xAC" "c\xF0\x9F\x98\x80" "d\""sv},
    {"y_chinese", "\"\xE8\xAE\xBE\xE5\xA4\x87\xE9\x87\x8D\xE5\x90\xAF\""sv},
    {"y_in_key", "{\"\xC3\xA9\":1}"sv},
    {"y_across_a_word", "\"1234567\xE2\x82\xAC" "89\""sv},
    {"n_continuation_alone", "\"\x80\""sv},
    {"n_continuation_last", "\"\xBF\""sv},
    {"n_two_continuations", "\"\x84\x80\""sv},
    {"n_overlong_c0", "\"\xC0\x80\""sv},
    {"n_overlong_slash", "\"\xC0\xAF\""sv},
    {"n_overlong_c1", "\"\xC1\xBF\""sv},
    {"n_overlong_three", "\"\xE0\x80\xAF\""sv},
    {"n_overlong_three_most", "\"\xE0\x9F\xBF\""sv},
    {"n_overlong_four", "\"\xF0\x80\x80\xAF\""sv},
    {"n_overlong_four_most", "\"\xF0\x8F\xBF\xBF\""sv},
    {"n_surrogate_least", "\"\xED\xA0\x80\""sv},
    {"n_surrogate_most", "\"\xED\xBF\xBF\""sv},
    {"n_surrogate_pair", "\"\xED\xA0\xBD\xED\xB8\x80\""sv},
    {"n_beyond_10ffff", "\"\xF4\x90\x80\x80\""sv},
    {"n_lead_f5", "\"\xF5\x80\x80\x80\""sv},
    {"n_lead_f7", "\"\xF7\xBF\xBF\xBF\""sv},
    {"n_five_bytes", "\"\xF8\x88\x80\x80\x80\""sv},
    {"n_lead_f8_of_four", "\"\xF8\x90\x80\x80\""sv},
    {"n_six_bytes", "\"\xFC\x84\x80\x80\x80\x80\""sv},
    {"n_fe", "\"\xFE\""sv},
    {"n_ff", "\"\xFF\""sv},
    {"n_two_cut", "\"\xC3\""sv},
    {"n_three_cut_after_one", "\"\xE2\""sv},
    {"n_three_cut_after_two", "\"\xE2\x82\""sv},
    {"n_four_cut_after_three", "\"\xF0\x9F\x98\""sv},
    {"n_two_at_end", "\"\xC3"sv},
    {"n_three_at_end", "\"\xE2\x82"sv},
    {"n_four_at_end", "\"\xF0\x9F\x98"sv},
    {"n_lead_then_ascii", "\"\xC3" "a\""sv},
    {"n_lead_then_lead", "\"\xC3\xC3\""sv},
    {"n_three_bad_last", "\"\xE2\x82" "a\""sv},
    {"n_four_bad_second", "\"\xF0" "a\x98\x80\""sv},
    {"n_one_continuation_too_many", "\"\xC3\xA9\xA9\""sv},
    {"n_latin_1", "\"caf\xE9\""sv},
    {"n_ill_formed_key", "{\"\xFF\":1}"sv},
    {"n_bom", "\xEF\xBB\xBF{}"sv},
    {"n_bom_alone", "\xEF\xBB\xBF"sv},
    {"n_bom_cut", "\xEF\xBB{}"sv},
    {"n_utf_16_be", "\xFE\xFF\x00{\x00}"sv},
    {"n_utf_16_le", "\xFF\xFE{\x00}\x00"sv},
    {"n_utf_16_no_bom", "[\x00]\x00"sv},
    {"n_utf_8_outside", "[\xC3\xA9]"sv},
};

constexpr Case kStructure[] = {
    {"y_object", "{}"sv},
    {"y_array", "[]"sv},
    {"y_true", "true"sv},
    {"y_false", "false"sv},
    {"y_null", "null"sv},
    {"y_word_in_array", "[true,false,null]"sv},
    {"y_nested", "[[],[[]],{},{\"a\":[]}]"sv},
    {"y_member", "{\"a\":1}"sv},
    {"y_members", "{\"a\":1,\"b\":[2],\"c\":{\"d\":3}}"sv},
    {"y_empty_key", "{\"\":0}"sv},
    {"y_same_key", "{\"a\":1,\"a\":2}"sv},
    {"y_escaped_key", "{\"\\u0061\\n\":1}"sv},
    {"y_spaces", " { \"a\" : [ 1 , 2 ] } "sv},
    {"y_all_white_space", " \t\r\n[ \t\r\n] \t\r\n"sv},
    {"y_tabs", "{\t\"a\"\t:\t1\t}"sv},
    {"y_newline_last", "{}\n"sv},
    {"y_crlf", "[\r\n1\r\n]\r\n"sv},
    {"y_scalar_spaces", " 1 "sv},
    {"y_depth_32", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"sv},
    {"y_wide", "[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]"sv},
    {"n_nothing", ""sv},
    {"n_space_only", " "sv},
    {"n_newlines_only", "\n\r\n"sv},
    {"n_nul", "\x00"sv},
    {"n_object_open", "{"sv},
    {"n_array_open", "["sv},
    {"n_object_close", "}"sv},
    {"n_array_close", "]"sv},
    {"n_comma", ","sv},
    {"n_colon", ":"sv},
    {"n_array_not_closed", "[1"sv},
    {"n_array_comma_end", "[1,"sv},
    {"n_array_trailing_comma", "[1,]"sv},
    {"n_array_two_trailing", "[1,,]"sv},
    {"n_array_comma_only", "[,]"sv},
    {"n_array_comma_first", "[,1]"sv},
    {"n_array_two_commas", "[1,,2]"sv},
    {"n_array_no_comma", "[1 2]"sv},
    {"n_array_no_comma_strings", "[\"a\"\"b\"]"sv},
    {"n_array_colon", "[1:2]"sv},
    {"n_array_member", "[\"a\":1]"sv},
    {"n_array_closed_by_brace", "[1}"sv},
    {"n_array_closed_twice", "[]]"sv},
    {"n_array_semicolon", "[1;2]"sv},
    {"n_object_not_closed", "{\"a\":1"sv},
    {"n_object_trailing_comma", "{\"a\":1,}"sv},
    {"n_object_two_trailing", "{\"a\":1,,}"sv},
    {"n_object_comma_only", "{,}"sv},
    {"n_object_comma_first", "{,\"a\":1}"sv},
    {"n_object_two_commas", "{\"a\":1,,\"b\":2}"sv},
    {"n_object_no_comma", "{\"a\":1 \"b\":2}"sv},
    {"n_object_no_colon", "{\"a\" 1}"sv},
    {"n_object_no_value", "{\"a\":}"sv},
    {"n_object_key_only", "{\"a\"}"sv},
    {"n_object_two_colons", "{\"a\"::1}"sv},
    {"n_object_equals", "{\"a\"=1}"sv},
    {"n_object_comma_for_colon", "{\"a\",1}"sv},
    {"n_object_two_values", "{\"a\":1 2}"sv},
    {"n_object_bare_key", "{a:1}"sv},
    {"n_object_apostrophes", "{'a':1}"sv},
    {"n_object_number_key", "{1:1}"sv},
    {"n_object_null_key", "{null:1}"sv},
    {"n_object_array_key", "{[]:1}"sv},
    {"n_object_key_open", "{\"a:1}"sv},
    {"n_object_closed_by_bracket", "{\"a\":1]"sv},
    {"n_object_closed_twice", "{}}"sv},
    {"n_object_colon_only", "{:}"sv},
    {"n_object_value_only", "{1}"sv},
    {"n_object_comma_then_end", "{\"a\":1,"sv},
    {"n_crossed", "[{]}"sv},
    {"n_crossed_objects", "{\"a\":[}]"sv},
    {"n_deep_wrong_close", "[[[[]]]}"sv},
    {"n_depth_33_not_closed", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["sv},
    {"n_two_values", "1 2"sv},
    {"n_two_objects", "{}{}"sv},
    {"n_comma_after", "{},"sv},
    {"n_comma_before", ",{}"sv},
    {"n_garbage_after", "{}x"sv},
    {"n_garbage_line_after", "{}\nx"sv},
    {"n_hash_after", "[] #"sv},
    {"n_quote_after", "[]\""sv},
    {"n_nul_after", "{}\x00"sv},
    {"n_nul_before", "\x00{}"sv},
    {"n_nul_inside", "[1\x00]"sv},
    {"n_bracket_after", "[]["sv},
    {"n_garbage_before", "x{}"sv},
    {"n_line_comment", "// c\n{}"sv},
    {"n_block_comment", "{/* c */}"sv},
    {"n_hash_comment", "# c\n{}"sv},
    {"n_comment_last", "{} // c"sv},
    {"n_json_p", "f({})"sv},
    {"n_parenthesis", "(1)"sv},
    {"n_angle", "<null>"sv},
    {"n_form_feed", "[\x0C]"sv},
    {"n_vertical_tab", "[\x0B]"sv},
    {"n_backspace", "\x08[]"sv},
    {"n_no_break_space", "[\xC2\xA0]"sv},
    {"n_ideographic_space", "[\xE3\x80\x80]"sv},
    {"n_next_line", "[\xC2\x85]"sv},
    {"n_line_separator", "[]\xE2\x80\xA8"sv},
    {"n_escaped_white_space", "[\\n]"sv},
    {"n_delete_outside", "[\x7F]"sv},
    {"n_true_cut", "tru"sv},
    {"n_true_capital", "True"sv},
    {"n_true_upper", "TRUE"sv},
    {"n_true_long", "truee"sv},
    {"n_false_cut", "fals"sv},
    {"n_false_capital", "False"sv},
    {"n_null_cut", "nul"sv},
    {"n_null_capital", "Null"sv},
    {"n_null_long", "nulll"sv},
    {"n_nil", "nil"sv},
    {"n_none", "None"sv},
    {"n_undefined", "undefined"sv},
    {"n_t", "[t]"sv},
    {"n_words_joined", "truefalse"sv},
    {"n_word_then_digit", "[null1]"sv},
    {"n_word_split", "[tr ue]"sv},
    {"n_word_then_quote", "[true\"a\"]"sv},
};
// clang-format on

constexpr std::size_t kCases = std::size(kNumbers) + std::size(kStrings) + std::size(kControls) +
                               std::size(kUtf8) + std::size(kStructure);
static_assert(kCases >= 250);

// The text stands alone in memory of its size, so that a sanitizer sees a look past it.
Status Judge(std::string_view text) {
  const std::vector<char> exact(text.begin(), text.end());
  return Validate({exact.data(), exact.size()});
}

void JudgeInContext(const Case& item, std::string_view before, std::string_view after) {
  const std::string text = std::string(before) + std::string(item.text) + std::string(after);
  const Status expected = item.name.starts_with("y_") ? Status::kOk : Status::kMalformed;
  EXPECT_EQ(Judge(text), expected) << item.name << ": " << text;
}

void JudgeAll(std::span<const Case> cases) {
  for (const Case& item : cases) JudgeInContext(item, "", "");
}

TEST(Suite, Numbers) { JudgeAll(kNumbers); }
TEST(Suite, Strings) { JudgeAll(kStrings); }
TEST(Suite, ControlCharacters) { JudgeAll(kControls); }
TEST(Suite, Utf8) { JudgeAll(kUtf8); }
TEST(Suite, Structure) { JudgeAll(kStructure); }

// A string is judged alike wherever in a machine word it begins.
TEST(Suite, StringsAtEveryOffset_AreJudgedAlike) {
  for (std::size_t offset = 0; offset < 16; ++offset) {
    const std::string before = std::string("[\"") + std::string(offset, 'x') + "\",";
    for (const Case& item : kControls) JudgeInContext(item, before, "]");
    for (const Case& item : kUtf8) {
      if (item.text.starts_with('"') && item.text.ends_with('"')) JudgeInContext(item, before, "]");
    }
  }
}

TEST(Suite, Names_AreUniqueInEachTable) {
  for (const std::span<const Case> cases :
       {std::span<const Case>(kNumbers), std::span<const Case>(kStrings),
        std::span<const Case>(kControls), std::span<const Case>(kUtf8),
        std::span<const Case>(kStructure)}) {
    std::set<std::string_view> names;
    for (const Case& item : cases) {
      EXPECT_TRUE(names.insert(item.name).second) << item.name;
      EXPECT_TRUE(item.name.starts_with("y_") || item.name.starts_with("n_")) << item.name;
    }
  }
}

// Every single byte inside a string: 0x20 to 0x7F alone are whole characters.
TEST(Suite, EverySingleByteInAString_IsJudgedByItsRange) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t offset = 0; offset < 9; ++offset) {
      std::string text(offset + 15, 'x');
      text.front() = text.back() = '"';
      text[1 + offset] = static_cast<char>(byte);
      const bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
      EXPECT_EQ(Judge(text) == Status::kOk, plain) << byte << " at " << offset;
    }
  }
}

TEST(Suite, EveryTruncation_IsRefused) {
  for (const std::string_view whole :
       {R"({"a":[1,-2.5e+3,true,false,null,{"b\u00e9\ud83d\ude00\n":"x"}],"c":{},"d":[[]]})"sv,
        "[ \"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\" , { \"k\" : \"0123456789abcdef\" } ]"sv,
        R"("a string with an \u0065scape")"sv, "true"sv, "null"sv}) {
    ASSERT_EQ(Judge(whole), Status::kOk);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_EQ(Judge(whole.substr(0, size)), Status::kMalformed) << whole.substr(0, size);
    }
  }
}

TEST(Suite, AnythingAfterTheEnd_IsRefused) {
  for (int byte = 1; byte < 256; ++byte) {
    const char last = static_cast<char>(byte);
    const bool space = last == ' ' || last == '\t' || last == '\r' || last == '\n';
    EXPECT_EQ(Judge(std::string("{}") + last) == Status::kOk, space) << byte;
  }
}

TEST(Suite, ObjectsToTheLastLevel_AreAccepted) {
  std::string text = "{}";
  for (std::size_t depth = 1; depth < kMaxDepth; ++depth) text = "{\"a\":" + text + "}";
  EXPECT_EQ(Judge(text), Status::kOk);
  EXPECT_EQ(Judge("{\"a\":" + text + "}"), Status::kTooLarge);
}

TEST(Suite, OneLevelTooDeep_IsTooLarge) {
  for (const char* level : {"[", "{\"a\":", "[{\"a\":["}) {
    std::string text;
    while (std::count(text.begin(), text.end(), '[') + std::count(text.begin(), text.end(), '{') <=
           static_cast<std::ptrdiff_t>(kMaxDepth)) {
      text += level;
    }
    EXPECT_EQ(Judge(text), Status::kTooLarge) << level;
  }
}

}  // namespace
}  // namespace fieldwork::json
