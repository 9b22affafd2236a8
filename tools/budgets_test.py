"""Feeds tools/budgets the output of the cross tools and checks what it reads from it."""

import unittest

from load_tool import load_tool

budgets = load_tool("budgets")

MAP = """
Discarded input sections

 .text          0x00000000      0x100 device/mqtt/libfieldwork_mqtt.a(session.cc.obj)

Linker script and memory map

LOAD device/mqtt/libfieldwork_mqtt.a
.text           0x08000000      0x254
 *(.vectors)
 .vectors       0x08000000       0x10 bench/size/CMakeFiles/size_minimal.dir/startup.cc.obj
 *(.text .text.*)
 .text._ZN9fieldwork4mqtt7Session6OnTimeENS_7InstantE
                0x08000040       0x20 device/mqtt/libfieldwork_mqtt.a(session.cc.obj)
                0x08000040                fieldwork::mqtt::Session::OnTime(fieldwork::Instant)
 *fill*         0x08000060        0x2 
 .text.F        0x08000062        0x4 device/mqtt/libfieldwork_mqtt.a(text.cc.obj)
 .text          0x0800007c      0x134 /usr/lib/thumb/libc_nano.a(lib_a-memcpy.o)
 .rodata.str1.1
                0x080001b0        0x8 device/json/libfieldwork_json.a(reader.cc.obj)
                                  0x9 (size before relaxing)
 .data.counter  0x20000000        0x4 device/json/libfieldwork_json.a(reader.cc.obj)
 .bss.cache     0x20000004       0x10 device/json/libfieldwork_json.a(reader.cc.obj)
 .debug_info    0x00000000      0x168 device/json/libfieldwork_json.a(reader.cc.obj)
"""


class Parsing(unittest.TestCase):
    def test_a_map_gives_what_each_unit_adds(self):
        self.assertEqual(
            budgets.parse_map(MAP),
            {
                "device/mqtt": budgets.Size(0x24, 0),
                "device/mqtt/session": budgets.Size(0x20, 0),
                "device/mqtt/text": budgets.Size(0x4, 0),
                "device/json": budgets.Size(12, 20),
                "device/json/reader": budgets.Size(12, 20),
            },
        )

    def test_the_discarded_sections_do_not_count(self):
        self.assertEqual(budgets.parse_map(MAP.replace("Linker script", "Nothing")), {})

    def test_size_of_a_program(self):
        text = "   text\t   data\t bss\t dec\t hex\tfilename\n  100\t 8\t 40\t 148\t 94\tx\n"
        self.assertEqual(budgets.parse_size(text), budgets.Size(108, 48))

    def test_size_of_an_archive_is_its_total(self):
        text = "text data bss dec hex filename\n1 0 0 1 1 a.o\n2 0 0 2 2 b.o\n3 0 0 3 3 (TOTALS)\n"
        self.assertEqual(budgets.parse_size(text), budgets.Size(3, 0))

    def test_symbols_have_their_sizes_in_bytes(self):
        text = (
            "08000040 00000004 T main\n"
            "20000000 00001000 b (anonymous namespace)::receive_buffer\n"
            "20048000 D stack_top\n         U memcpy\n"
        )
        self.assertEqual(budgets.parse_symbols(text), {"main": 4, "receive_buffer": 4096})


class Ceilings(unittest.TestCase):
    def test_a_row_at_its_ceiling_holds_and_one_byte_more_does_not(self):
        report = budgets.Report()
        report.hold("a", 100, 100)
        report.hold("b", 2001, 2000)
        report.hold("c", 9, None)
        self.assertEqual(report.over, ["b: 2,001 bytes, ceiling 2,000"])


class Page(unittest.TestCase):
    def test_only_the_region_changes(self):
        page = f"before\n{budgets.BEGIN}\nold\n{budgets.END}\nafter\n"
        wanted = f"before\n{budgets.BEGIN}\n\nnew\n\n{budgets.END}\nafter\n"
        self.assertEqual(budgets.replace_region(page, ["new"]), wanted)
        self.assertEqual(budgets.replace_region(wanted, ["new"]), wanted)

    def test_a_page_without_markers_is_refused(self):
        with self.assertRaises(budgets.Failed):
            budgets.replace_region("nothing here\n", ["new"])


if __name__ == "__main__":
    unittest.main()
