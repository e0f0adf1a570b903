-- Trino's meaning of what the engine means differently; one macro for each.
--
-- An argument that a macro names twice is computed once by the engine (common subexpressions);
-- volatile arguments never reach a macro more than once, analysis.value.fill sees to that.

-- Errors

-- A cast that must fail carries the error in its message: unlike the engine's error(), it is not
-- volatile, so TRY takes it. As an index it is looked at only where a row asks for it; in a
-- condition the optimizer would evaluate it ahead of time.
CREATE OR REPLACE TEMP MACRO athena_raise(problem) AS ([NULL])[CAST(concat('athena:', problem, chr(31)) AS INTEGER)];

CREATE OR REPLACE TEMP MACRO athena_invalid(problem) AS
    athena_raise(concat('INVALID_FUNCTION_ARGUMENT:', problem));

-- Numbers

CREATE OR REPLACE TEMP MACRO athena_narrow_bigint(x) AS
    CASE WHEN x BETWEEN -9223372036854775808 AND 9223372036854775807 THEN CAST(x AS BIGINT)
         WHEN x IS NOT NULL
         THEN athena_raise('NUMERIC_VALUE_OUT_OF_RANGE:bigint addition overflow') END;

-- Past 18 digits Trino's power of ten leaves BIGINT, whatever the number.
CREATE OR REPLACE TEMP MACRO athena_round_integer(x, digits) AS
    CASE WHEN digits >= 0 THEN CAST(x AS HUGEINT)
         WHEN digits < -18
         THEN athena_raise('NUMERIC_VALUE_OUT_OF_RANGE:numerical overflow in round')
         ELSE (abs(CAST(x AS HUGEINT)) + CAST(10 ** -digits AS HUGEINT) // 2)
              // CAST(10 ** -digits AS HUGEINT) * CAST(10 ** -digits AS HUGEINT) * sign(x) END;

-- Past 308 digits the power of ten is no double; a zero keeps the sign.
CREATE OR REPLACE TEMP MACRO athena_round_floating(x, digits) AS
    CASE WHEN NOT isfinite(x) THEN x WHEN digits < -308 THEN x * 0
         ELSE round(x, CAST(least(digits, 2147483647) AS INTEGER)) END;

CREATE OR REPLACE TEMP MACRO athena_cosine(a, b) AS
    CASE WHEN len(a) <> len(b) THEN athena_invalid('The arguments must have the same length')
         WHEN list_count(a) < len(a) OR list_count(b) < len(b) THEN NULL
         WHEN list_inner_product(a, a) * list_inner_product(b, b) > 0
         THEN list_inner_product(a, b) / sqrt(list_inner_product(a, a) * list_inner_product(b, b))
         WHEN a IS NOT NULL AND b IS NOT NULL
         THEN athena_invalid('Vector magnitude cannot be zero') END;

CREATE OR REPLACE TEMP MACRO athena_within(x, low, high, name) AS
    CASE WHEN x BETWEEN low AND high THEN x
         WHEN x IS NOT NULL
         THEN athena_raise(concat('NUMERIC_VALUE_OUT_OF_RANGE:Out of range for ', name, ': ', x)) END;

-- The engine leaves out the zero before the point where all digits stand behind it: -.5.
CREATE OR REPLACE TEMP MACRO athena_decimal_text(x) AS
    regexp_replace(CAST(x AS VARCHAR), '^(-?)[.]', '\10.');

CREATE OR REPLACE TEMP MACRO athena_unscaled(x, unit) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT);

CREATE OR REPLACE TEMP MACRO athena_decimal_divide(x, y, power) AS
    CASE WHEN y = 0 AND x IS NOT NULL THEN athena_raise('DIVISION_BY_ZERO:Division by zero')
         ELSE (abs(x) * power * 2 + abs(y)) // (abs(y) * 2)
              * (CASE WHEN (x < 0) <> (y < 0) THEN -1 ELSE 1 END) END;

CREATE OR REPLACE TEMP MACRO athena_decimal_modulo(x, y) AS
    CASE WHEN y = 0 AND x IS NOT NULL THEN athena_raise('DIVISION_BY_ZERO:Division by zero') ELSE x % y END;

CREATE OR REPLACE TEMP MACRO athena_decimal_average(total, n) AS
    (abs(total) * 2 + n) // (n * 2) * (CASE WHEN total < 0 THEN -1 ELSE 1 END);

CREATE OR REPLACE TEMP MACRO athena_ln(x) AS CASE WHEN x > 0 THEN ln(x) WHEN x = 0 THEN '-Infinity'::DOUBLE
                     WHEN x IS NOT NULL THEN 'NaN'::DOUBLE END;

CREATE OR REPLACE TEMP MACRO athena_log10(x) AS CASE WHEN x > 0 THEN log10(x) WHEN x = 0 THEN '-Infinity'::DOUBLE
                        WHEN x IS NOT NULL THEN 'NaN'::DOUBLE END;

CREATE OR REPLACE TEMP MACRO athena_sqrt(x) AS CASE WHEN x >= 0 THEN sqrt(x) WHEN x IS NOT NULL THEN 'NaN'::DOUBLE END;

CREATE OR REPLACE TEMP MACRO athena_cbrt(x) AS CASE WHEN round(cbrt(x)) ** 3 = x THEN round(cbrt(x)) ELSE cbrt(x) END;

CREATE OR REPLACE TEMP MACRO athena_width_bucket(x, low, high, n) AS
    CASE WHEN x IS NULL OR low IS NULL OR high IS NULL OR n IS NULL THEN NULL
         WHEN n <= 0 THEN athena_invalid('bucketCount must be greater than 0')
         WHEN low = high OR NOT isfinite(low) OR NOT isfinite(high) OR isnan(x)
         THEN athena_invalid('bounds must be finite and cannot equal each other')
         WHEN low < high THEN CASE WHEN x < low THEN 0 WHEN x >= high THEN n + 1
              ELSE CAST(floor(n * (x - low) / (high - low)) AS BIGINT) + 1 END
         ELSE CASE WHEN x > low THEN 0 WHEN x <= high THEN n + 1
              ELSE CAST(floor(n * (low - x) / (low - high)) AS BIGINT) + 1 END END;

CREATE OR REPLACE TEMP MACRO athena_width_bucket_bins(x, bins) AS
    CASE WHEN x IS NULL OR bins IS NULL THEN NULL
         WHEN len(bins) = 0 THEN athena_invalid('Bins cannot be an empty array')
         WHEN isnan(x) THEN athena_invalid('Operand cannot be NaN')
         WHEN len(list_filter(bins, lambda bin: NOT isfinite(bin))) > 0
         THEN athena_invalid('Bin value must be finite')
         WHEN list_sort(bins) <> bins THEN athena_invalid('Bin values are not sorted in ascending order')
         ELSE len(list_filter(bins, lambda bin: bin <= x)) END;

CREATE OR REPLACE TEMP MACRO athena_wilson(successes, trials, z, sign) AS
    CASE WHEN successes < 0 OR trials <= 0 OR successes > trials OR z < 0
         THEN athena_invalid('successes, trials or z out of range')
         ELSE (successes / trials + z * z / (2.0::DOUBLE * trials) + sign * z * sqrt(
              (successes / trials) * (1.0::DOUBLE - successes / trials) / trials
              + z * z / (4.0::DOUBLE * trials * trials))) / (1.0::DOUBLE + z * z / trials) END;

CREATE OR REPLACE TEMP MACRO athena_random_below(low, high) AS
    CASE WHEN low >= high THEN athena_invalid('start value must be less than stop value')
         ELSE low + CAST(floor(random() * (high - low)) AS BIGINT) END;

-- Moments

CREATE OR REPLACE TEMP MACRO athena_interval(ms) AS to_microseconds(ms * 1000);

CREATE OR REPLACE TEMP MACRO athena_with_seconds(x) AS
    CASE WHEN length(x) - length(replace(x, ':', '')) = 1 THEN x || ':00' ELSE x END;

CREATE OR REPLACE TEMP MACRO athena_floor_to(us, unit) AS us - ((us % unit) + unit) % unit;

-- The engine cuts a text after six digits of a second, where Trino rounds.
CREATE OR REPLACE TEMP MACRO athena_timestamp_text(x, unit) AS
    make_timestamp(athena_floor_to(
        epoch_us(TRY_CAST(athena_with_seconds(x) AS TIMESTAMP)) + unit // 2
        + CASE WHEN unit = 1 AND regexp_matches(x, '[.][0-9]{6}[5-9]') THEN 1 ELSE 0 END, unit));

CREATE OR REPLACE TEMP MACRO athena_timestamp_format(x, digits) AS
    strftime(x, '%Y-%m-%d %H:%M:%S')
    || CASE WHEN digits > 0 THEN '.' || left(strftime(x, '%f'), digits) ELSE '' END;

CREATE OR REPLACE TEMP MACRO athena_time_format(x, digits) AS
    left(CAST(x AS VARCHAR), 8) || CASE WHEN digits > 0
    THEN '.' || left(rpad(substr(CAST(x AS VARCHAR), 10), 6, '0'), digits) ELSE '' END;

CREATE OR REPLACE TEMP MACRO athena_interval_year_to_month_text(x) AS
    CASE WHEN x < 0 THEN '-' ELSE '' END || (abs(x) // 12) || '-' || (abs(x) % 12);

CREATE OR REPLACE TEMP MACRO athena_interval_day_to_second_text(x) AS
    CASE WHEN x < 0 THEN '-' ELSE '' END || (abs(x) // 86400000) || ' '
    || lpad(CAST(abs(x) // 3600000 % 24 AS VARCHAR), 2, '0') || ':'
    || lpad(CAST(abs(x) // 60000 % 60 AS VARCHAR), 2, '0') || ':'
    || lpad(CAST(abs(x) // 1000 % 60 AS VARCHAR), 2, '0') || '.'
    || lpad(CAST(abs(x) % 1000 AS VARCHAR), 3, '0');

CREATE OR REPLACE TEMP MACRO athena_round_timestamp(x, unit) AS
    make_timestamp(athena_floor_to(epoch_us(x) + unit // 2, unit));

CREATE OR REPLACE TEMP MACRO athena_round_instant(x, unit) AS
    make_timestamptz(athena_floor_to(epoch_us(x) + unit // 2, unit));

-- What rounds up to midnight is midnight.
CREATE OR REPLACE TEMP MACRO athena_round_time(x, unit) AS
    TIME '00:00:00' + to_microseconds(athena_floor_to(epoch_us(x) + unit // 2, unit));

-- Milliseconds from y to x, rounded half up.
CREATE OR REPLACE TEMP MACRO athena_elapsed(x, y) AS
    athena_floor_to(epoch_us(x) - epoch_us(y) + 500, 1000) // 1000;

CREATE OR REPLACE TEMP MACRO athena_offset(zone) AS
    (CASE WHEN zone[1] = '-' THEN -1 ELSE 1 END)
    * (CAST(zone[2:3] AS INTEGER) * 60 + CAST(zone[5:6] AS INTEGER));

CREATE OR REPLACE TEMP MACRO athena_local("at", "zone") AS
    CASE WHEN "zone"[1] IN ('+', '-') THEN timezone('UTC', "at") + to_minutes(athena_offset("zone"))
         ELSE timezone("zone", "at") END;

CREATE OR REPLACE TEMP MACRO athena_instant(local, "zone") AS
    CASE WHEN "zone"[1] IN ('+', '-') THEN timezone('UTC', local - to_minutes(athena_offset("zone")))
         ELSE timezone("zone", local) END;

CREATE OR REPLACE TEMP MACRO athena_zoned(instant, name) AS
    CASE WHEN instant IS NOT NULL AND name IS NOT NULL
         THEN struct_pack("at" := instant, "zone" := athena_zone(name)) END;

CREATE OR REPLACE TEMP MACRO athena_zoned_local(local, name) AS
    CASE WHEN local IS NOT NULL AND name IS NOT NULL
         THEN struct_pack("at" := athena_instant(local, athena_zone(name)), "zone" := athena_zone(name)) END;

CREATE OR REPLACE TEMP MACRO athena_parse_zoned(x, unit) AS
    athena_zoned_local(athena_round_timestamp(CAST(athena_zoned_parts(x)[1] AS TIMESTAMP), unit),
                       athena_zoned_parts(x)[2]);

CREATE OR REPLACE TEMP MACRO athena_parse_datetime(x, pattern) AS
    athena_zoned_local(CAST(athena_joda_parse(x, pattern)[1] AS TIMESTAMP), athena_joda_parse(x, pattern)[2]);

CREATE OR REPLACE TEMP MACRO athena_iso8601(x) AS
    athena_zoned_local(CAST(athena_iso8601_parts(x)[1] AS TIMESTAMP), athena_iso8601_parts(x)[2]);

CREATE OR REPLACE TEMP MACRO athena_zone_minutes(x) AS
    CAST((epoch(athena_local(x."at", x."zone")) - epoch(x."at")) // 60 AS BIGINT);

-- Text and bytes

CREATE OR REPLACE TEMP MACRO athena_blank() AS
    ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(28) || chr(29) || chr(30)
    || chr(31) || chr(5760) || chr(8192) || chr(8193) || chr(8194) || chr(8195) || chr(8196)
    || chr(8197) || chr(8198) || chr(8200) || chr(8201) || chr(8202) || chr(8232) || chr(8233)
    || chr(8287) || chr(12288);

-- The engine joins with constants only, and makes NULL of a list of NULLs.
CREATE OR REPLACE TEMP MACRO athena_join(x, delimiter) AS
    CASE WHEN x IS NOT NULL AND delimiter IS NOT NULL
         THEN coalesce(substr(array_to_string(list_transform(x, lambda e: delimiter || e), ''),
                              length(delimiter) + 1), '') END;

-- A member without a value is left out.
CREATE OR REPLACE TEMP MACRO athena_json_object(members, clash) AS
    CASE WHEN len(list_filter(members, lambda m: m.k IS NULL)) > 0
         THEN athena_invalid('null value passed for JSON object key to JSON_OBJECT function')
         WHEN len(list_distinct(list_transform(
                  list_filter(members, lambda m: m.v IS NOT NULL), lambda m: m.k)))
              < len(list_filter(members, lambda m: m.v IS NOT NULL))
         THEN athena_raise(clash)
         ELSE '{' || athena_join(list_transform(
                  list_filter(members, lambda m: m.v IS NOT NULL),
                  lambda m: CAST(to_json(m.k) AS VARCHAR) || ':' || m.v), ',') || '}' END;

CREATE OR REPLACE TEMP MACRO athena_substring(x, start) AS
    CASE WHEN start = 0 OR start > length(x) THEN '' WHEN start > 0 THEN substr(x, start)
         WHEN -CAST(start AS HUGEINT) > length(x) THEN '' ELSE substr(x, start) END;

CREATE OR REPLACE TEMP MACRO athena_substring_length(x, start, size) AS
    CASE WHEN start IS NULL OR x IS NULL OR size IS NULL THEN NULL
         WHEN start = 0 OR size <= 0 OR abs(CAST(start AS HUGEINT)) > length(x) THEN ''
         ELSE substr(x, start, least(size, length(x))) END;

CREATE OR REPLACE TEMP MACRO athena_blob_substring(x, start, size) AS
    CASE WHEN start IS NULL OR x IS NULL OR size IS NULL THEN NULL
         WHEN start = 0 OR size <= 0 OR -start > octet_length(x) OR start > octet_length(x) THEN ''::BLOB
         ELSE unhex(substr(hex(x), CASE WHEN start > 0 THEN start * 2 - 1 ELSE start * 2 END,
                           least(size, octet_length(x)) * 2)) END;

CREATE OR REPLACE TEMP MACRO athena_pad(x, size, padding, left_side) AS
    CASE WHEN size < 0 THEN athena_invalid('Target length must be in the range [0..2147483647]')
         WHEN padding = '' THEN athena_invalid('Padding string must not be empty')
         WHEN left_side THEN lpad(x, CAST(size AS INTEGER), padding)
         ELSE rpad(x, CAST(size AS INTEGER), padding) END;

CREATE OR REPLACE TEMP MACRO athena_split_part(x, delimiter, place) AS
    CASE WHEN delimiter IS NULL THEN NULL
         WHEN place <= 0 THEN athena_invalid('Index must be greater than zero')
         WHEN delimiter = '' THEN CASE WHEN place <= length(x) THEN x[CAST(place AS BIGINT)] END
         ELSE string_split(x, delimiter)[CAST(place AS BIGINT)] END;

CREATE OR REPLACE TEMP MACRO athena_split(x, delimiter) AS
    CASE WHEN delimiter = '' THEN athena_invalid('The delimiter may not be the empty string')
         WHEN delimiter IS NOT NULL THEN string_split(x, delimiter) END;

CREATE OR REPLACE TEMP MACRO athena_split_limited(x, delimiter, most) AS
    CASE WHEN x IS NULL OR delimiter IS NULL OR most IS NULL THEN NULL
         WHEN delimiter = '' THEN athena_invalid('The delimiter may not be the empty string')
         WHEN most <= 0 THEN athena_invalid('Limit must be positive')
         WHEN most > 2147483647 THEN athena_invalid('Limit is too large')
         WHEN len(string_split(x, delimiter)) <= most THEN string_split(x, delimiter)
         ELSE list_append(string_split(x, delimiter)[1 : most - 1],
                          athena_join(string_split(x, delimiter)[CAST(most AS BIGINT) :], delimiter)) END;

CREATE OR REPLACE TEMP MACRO athena_chr(n) AS
    CASE WHEN n BETWEEN 1 AND 1114111 AND n NOT BETWEEN 55296 AND 57343 THEN chr(CAST(n AS INTEGER))
         WHEN n IS NOT NULL
         THEN athena_invalid(concat('Not a valid Unicode code point: ', n)) END;

CREATE OR REPLACE TEMP MACRO athena_codepoint(x) AS
    CASE WHEN length(x) = 1 THEN unicode(x)
         WHEN x IS NOT NULL
         THEN athena_invalid('Input string must be a single character string') END;

CREATE OR REPLACE TEMP MACRO athena_hamming(a, b) AS
    CASE WHEN a IS NULL OR b IS NULL THEN NULL
         WHEN length(a) <> length(b)
         THEN athena_invalid('The input strings to hamming_distance function must have the same length')
         ELSE coalesce(list_sum(list_transform(range(1, length(a) + 1),
              lambda i: CASE WHEN a[i] <> b[i] THEN 1 ELSE 0 END)), 0) END;

-- What is neither text, boolean nor an integer is read in Python, which keeps numbers as written.
CREATE OR REPLACE TEMP MACRO athena_json_member(x, path, engine_path) AS
    CASE WHEN json_valid(x) THEN
         CASE WHEN json_type(x, engine_path) IN ('VARCHAR', 'BOOLEAN', 'BIGINT', 'UBIGINT')
              THEN json_extract_string(x, engine_path)
              WHEN json_type(x, engine_path) = 'DOUBLE' THEN athena_json_extract_scalar(x, path) END END;

-- Arrays

CREATE OR REPLACE TEMP MACRO athena_array_subscript(x, i) AS
    CASE WHEN x IS NULL OR i IS NULL THEN NULL
         WHEN i BETWEEN 1 AND len(x) THEN x[i]
         WHEN i = 0 THEN athena_invalid('SQL array indices start at 1')
         WHEN i < 0 THEN athena_invalid(concat('Array subscript is negative: ', i))
         ELSE athena_invalid(concat('Array subscript must be less than or equal to array length: ', i, ' > ', len(x))) END;

CREATE OR REPLACE TEMP MACRO athena_element_at(x, i) AS
    CASE WHEN i = 0 THEN athena_invalid('SQL array indices start at 1')
         WHEN abs(i) <= len(x) THEN x[i] END;

CREATE OR REPLACE TEMP MACRO athena_has_null(x) AS list_bool_or(list_transform(x, lambda e: e IS NULL));

CREATE OR REPLACE TEMP MACRO athena_equal_arrays(a, b) AS
    CASE WHEN a IS NULL OR b IS NULL THEN NULL
         WHEN len(a) <> len(b) THEN FALSE
         WHEN len(a) = 0 THEN TRUE
         WHEN list_bool_or(list_transform(range(1, len(a) + 1), lambda i: coalesce(a[i] <> b[i], FALSE))) THEN FALSE
         WHEN athena_has_null(a) OR athena_has_null(b) THEN NULL
         ELSE TRUE END;

CREATE OR REPLACE TEMP MACRO athena_contains(x, e) AS
    CASE WHEN x IS NULL OR e IS NULL THEN NULL
         WHEN list_contains(x, e) THEN TRUE
         WHEN athena_has_null(x) THEN NULL
         ELSE FALSE END;

-- The first of each run of equal values once they are sorted, back in their first order.
CREATE OR REPLACE TEMP MACRO athena_distinct(x) AS
    CASE WHEN len(x) < 2 THEN x ELSE list_transform(list_sort(list_transform(
        [list_sort(list_transform(x, lambda e, i: struct_pack(v := e, i := i)))],
        lambda s: list_transform(
            list_filter(s, lambda p, j: j = 1 OR s[j - 1].v IS DISTINCT FROM p.v),
            lambda p: struct_pack(i := p.i, v := p.v)))[1]), lambda q: q.v) END;

CREATE OR REPLACE TEMP MACRO athena_holds(x, e) AS
    CASE WHEN e IS NULL THEN coalesce(athena_has_null(x), FALSE) ELSE list_contains(x, e) END;

CREATE OR REPLACE TEMP MACRO athena_intersect(a, b) AS
    athena_distinct(list_filter(a, lambda e: athena_holds(b, e)));

CREATE OR REPLACE TEMP MACRO athena_except(a, b) AS
    athena_distinct(list_filter(a, lambda e: NOT athena_holds(b, e)));

CREATE OR REPLACE TEMP MACRO athena_overlap(a, b) AS
    CASE WHEN a IS NULL OR b IS NULL THEN NULL
         WHEN len(list_filter(a, lambda e: list_contains(b, e))) > 0 THEN TRUE
         WHEN len(a) > 0 AND len(b) > 0 AND (athena_has_null(a) OR athena_has_null(b)) THEN NULL
         ELSE FALSE END;

CREATE OR REPLACE TEMP MACRO athena_extreme(x, found) AS
    CASE WHEN len(x) = 0 OR athena_has_null(x) THEN NULL ELSE found END;

CREATE OR REPLACE TEMP MACRO athena_matches(answers, decisive) AS
    CASE WHEN answers IS NULL THEN NULL
         WHEN list_contains(answers, decisive) THEN decisive
         WHEN athena_has_null(answers) THEN NULL
         ELSE NOT decisive END;

CREATE OR REPLACE TEMP MACRO athena_slice(x, start, size) AS
    CASE WHEN start = 0 THEN athena_invalid('SQL array indices start at 1')
         WHEN size < 0 THEN athena_invalid('length must be greater than or equal to 0')
         WHEN start IS NULL OR size IS NULL THEN NULL
         WHEN size = 0 OR abs(start) > len(x) THEN x[2:1]
         WHEN start > 0 THEN x[start : start + size - 1]
         ELSE x[len(x) + start + 1 : len(x) + start + size] END;

CREATE OR REPLACE TEMP MACRO athena_trim_array(x, n) AS
    CASE WHEN n < 0 THEN athena_invalid('size must not be negative')
         WHEN n > len(x) THEN athena_invalid(concat('size must not exceed array cardinality ', len(x), ': ', n))
         WHEN n = len(x) THEN x[2:1]
         ELSE x[1 : len(x) - n] END;

CREATE OR REPLACE TEMP MACRO athena_repeat(e, n) AS
    CASE WHEN n < 0 THEN athena_invalid('count argument of repeat function must be greater than or equal to 0')
         WHEN n > 10000 THEN athena_invalid('count argument of repeat function must be less than or equal to 10000')
         ELSE list_transform(range(0, n), lambda i: e) END;

CREATE OR REPLACE TEMP MACRO athena_sequence(start, stop, step) AS
    CASE WHEN step = 0 THEN athena_invalid('step must not be zero')
         WHEN (stop > start AND step < 0) OR (stop < start AND step > 0)
         THEN athena_invalid('sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start')
         WHEN abs(CAST(stop AS HUGEINT) - start) // abs(step) >= 10000
         THEN athena_invalid('result of sequence function must not have more than 10000 entries')
         ELSE generate_series(start, stop, step) END;

CREATE OR REPLACE TEMP MACRO athena_sequence_months(start, stop, step) AS
    CASE WHEN step = 0 THEN athena_invalid('step must not be zero')
         WHEN (stop > start AND step < 0) OR (stop < start AND step > 0)
         THEN athena_invalid('sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start')
         WHEN abs(datesub('month', start, stop)) // abs(step) >= 10000
         THEN athena_invalid('result of sequence function must not have more than 10000 entries')
         ELSE list_transform(range(0, abs(datesub('month', start, stop)) // abs(step) + 1),
              lambda i: start + to_months(CAST(i * step AS INTEGER))) END;

CREATE OR REPLACE TEMP MACRO athena_ngrams(x, n) AS
    CASE WHEN n <= 0 THEN athena_invalid('N must be positive')
         WHEN n >= len(x) THEN [x]
         ELSE list_transform(range(1, len(x) - n + 2), lambda i: x[i : i + n - 1]) END;

CREATE OR REPLACE TEMP MACRO athena_contains_sequence(x, seq) AS
    CASE WHEN x IS NULL OR seq IS NULL THEN NULL
         WHEN len(seq) = 0 THEN TRUE
         ELSE len(list_filter(range(1, len(x) - len(seq) + 2), lambda i: x[i : i + len(seq) - 1] = seq)) > 0 END;

-- Aggregates

CREATE OR REPLACE TEMP MACRO athena_share(x) AS
    CASE WHEN x BETWEEN 0 AND 1 THEN x ELSE athena_invalid('Percentile must be between 0 and 1') END;

CREATE OR REPLACE TEMP MACRO athena_shares(x) AS list_transform(x, lambda e: athena_share(e));

CREATE OR REPLACE TEMP MACRO athena_listed(x) AS
    CASE WHEN strlen(x) > 1048576
         THEN athena_raise('EXCEEDED_FUNCTION_MEMORY_LIMIT:Concatenated string has the length in bytes larger than the maximum output length 1048576')
         ELSE x END;

-- Maps

CREATE OR REPLACE TEMP MACRO athena_first_of_each(entries) AS
    map_from_entries(list_transform(list_sort(list_transform(
        [list_sort(list_transform(entries, lambda e, i: struct_pack(k := e.key, i := i)))],
        lambda s: list_transform(
            list_filter(s, lambda p, j: j = 1 OR s[j - 1].k <> p.k), lambda p: p.i))[1]),
        lambda i: entries[i]));

CREATE OR REPLACE TEMP MACRO athena_unique_entries(entries) AS
    CASE WHEN len(list_distinct(list_transform(entries, lambda e: e.key))) < len(entries)
         THEN athena_invalid('Duplicate map keys are not allowed')
         WHEN len(list_filter(entries, lambda e: e.key IS NULL)) > 0
         THEN athena_invalid('map key cannot be null')
         ELSE map_from_entries(entries) END;

CREATE OR REPLACE TEMP MACRO athena_with_keys(entries) AS
    CASE WHEN len(list_filter(entries, lambda e: e.key IS NULL)) > 0
         THEN athena_invalid('map key cannot be null') ELSE entries END;

-- Sorted by key and place, each run of one key is a slice between two starts.
CREATE OR REPLACE TEMP MACRO athena_ordered_multimap(entries) AS
    list_transform(
        [list_sort(list_transform(entries, lambda e, i: struct_pack(k := e.key, i := i)))],
        lambda s: list_transform(
            [list_filter(range(1, len(s) + 1), lambda j: j = 1 OR s[j - 1].k <> s[j].k)],
            lambda b: map_from_entries(list_transform(range(1, len(b) + 1), lambda n: struct_pack(
                key := s[b[n]].k,
                value := list_transform(
                    s[b[n] : coalesce(b[n + 1], len(s) + 1) - 1],
                    lambda p: entries[p.i].value)))))[1])[1];

CREATE OR REPLACE TEMP MACRO athena_map(keys, vals) AS
    CASE WHEN len(keys) <> len(vals)
         THEN athena_invalid('Key and value arrays must be the same length')
         WHEN athena_has_null(keys) THEN athena_invalid('map key cannot be null')
         WHEN len(list_distinct(keys)) < len(keys)
         THEN athena_invalid('Duplicate map keys are not allowed')
         ELSE map(keys, vals) END;

CREATE OR REPLACE TEMP MACRO athena_map_norm(m) AS
    sqrt(list_sum(list_transform(map_values(m), lambda v: v * v)));

CREATE OR REPLACE TEMP MACRO athena_map_cosine(a, b) AS
    CASE WHEN NOT athena_has_null(map_values(a)) AND NOT athena_has_null(map_values(b))
         THEN coalesce(list_sum(list_transform(map_keys(a), lambda k: a[k] * coalesce(b[k], 0.0))), 0.0)
              / (athena_map_norm(a) * athena_map_norm(b)) END;
