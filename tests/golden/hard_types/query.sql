-- One result set that holds every type, in its ordinary, awkward and missing forms.
SELECT * REPLACE (mood::ENUM ('happy', 'sad') AS mood)
FROM (VALUES
    (1, true, (-128)::TINYINT, 170141183460469231731687303715884105727::HUGEINT,
     12345678901234567890.0123456789::DECIMAL(38, 10), 1.10::DECIMAL(4, 2), 0.1::FLOAT,
     1e300::DOUBLE, 'plain', '\x00\xFFz'::BLOB, DATE '2011-12-09', TIME '23:59:59.5',
     TIMESTAMP '2011-12-09 12:50:00', '2011-12-09 12:50:00.123456789'::TIMESTAMP_NS,
     '2011-12-09 12:50:00.25+02'::TIMESTAMPTZ, '12:30:00+02:30'::TIMETZ,
     INTERVAL '1 year 2 months 3 days 4 hours 5 minutes 6.000007 seconds',
     '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::UUID, 'sad',
     '0101'::BIT, '{"a": [1.10, null]}'::JSON, [1.10, NULL]::DECIMAL(4, 2)[], [1, 2]::INT[2],
     {'a': 1, 'b': 'x'}, row(1, 'x'), MAP {'k': 1.5::DECIMAL(2, 1)},
     union_value(num := 2)::UNION(num INT, str VARCHAR), [{'d': DATE '2011-12-09', 'f': 0.5::DOUBLE}]),
    (2, false, 127, -1, -0.0000000001, -0.05, 'nan', '-inf', 'a "b", c' || chr(13) || chr(10) || '☃',
     '', '-infinity', '00:00:00', 'infinity', '1677-09-22 00:00:00.000000001',
     '1969-12-31 23:59:59.999999+00', '00:00:00-15:59:59', INTERVAL (-1) SECOND,
     '00000000-0000-0000-0000-000000000000', 'happy', '1',
     '"line' || chr(92) || 'n"', [], [NULL, -1], {'a': NULL, 'b': 'it''s, "so"'}, row(NULL, ''),
     MAP {}, union_value(str := 'a,b')::UNION(num INT, str VARCHAR), [NULL]),
    (3, NULL, NULL, NULL, NULL, NULL, 'inf', '-0.0', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, [{'d': NULL, 'f': 'nan'::DOUBLE}]),
    (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
) AS hard(
    "row", bool, tiny, huge, "dec, wide", dec, real, double, text, blob, date, time, ts, ts_ns, tstz,
    timetz, span, uuid, mood, bits, json, list, arr, struct, tuple, map, either, nested
)
ORDER BY "row";
