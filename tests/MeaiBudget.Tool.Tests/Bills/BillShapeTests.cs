using System.IO.Compression;
using System.Text;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

/// <summary>Reads one bill in the shapes that exports, archives and spreadsheets give it.</summary>
public sealed class BillShapeTests : IDisposable
{
    private const string Table = "start_time,end_time,amount_value,amount_currency,line_item\n1795132800,1795219200,1.40,usd,\"gpt-6-sol, input\"\n1795132800,1795219200,-0.4,usd,\"gpt-6-sol, output\"\n";
    private const string Page = """{"object":"page","data":[{"start_time":1795132800,"end_time":1795219200,"results":[{"object":"organization.costs.result","amount":{"value":1.0,"currency":"usd"},"line_item":"gpt-6-sol, input"}]}],"has_more":false}""";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meaibudget-bills-");

    public static TheoryData<string, byte[]> Shapes => new()
    {
        { "UTF-8 with a mark", [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Table)] },
        { "UTF-16", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Table)] },
        { "UTF-16 without a mark", Encoding.Unicode.GetBytes(Table) },
        { "UTF-16, the other order of bytes", [.. Encoding.BigEndianUnicode.Preamble, .. Encoding.BigEndianUnicode.GetBytes(Table)] },
        { "UTF-32", [.. Encoding.UTF32.Preamble, .. Encoding.UTF32.GetBytes(Table)] },
        { "JSON in UTF-16", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Page)] },
        { "JSON with a mark", [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Page)] },
        { "gzip", GZip(Table) },
        { "gzip in two parts", [.. GZip(Table[..100]), .. GZip(Table[100..])] },
        { "gzip of UTF-16", GZip(Encoding.Unicode.GetBytes("\uFEFF" + Table)) },
        { "zip", Zip(("costs/november.csv", Table), ("__MACOSX/._november.csv", "x")) },
        { "zip of pages", Zip(("1.json", Page.Replace("1.0", "0.25", StringComparison.Ordinal).Replace("false", "true", StringComparison.Ordinal)), ("2.json", Page.Replace("1.0", "0.75", StringComparison.Ordinal))) },
        { "CRLF", Encoding.UTF8.GetBytes(Table.ReplaceLineEndings("\r\n")) },
        { "CR", Encoding.UTF8.GetBytes(Table.ReplaceLineEndings("\r")) },
        { "blank lines before and between", Encoding.UTF8.GetBytes("\n\n" + Table.Replace("\n", "\n\n", StringComparison.Ordinal)) },
        { "no line break at the end", Encoding.UTF8.GetBytes(Table.TrimEnd()) },
        { "columns in another order, and unknown ones", Encoding.UTF8.GetBytes("note,LINE_ITEM,amount_currency,amount_value,end_time,start_time,x\n\"a\nb, \"\"c\"\"\",\"gpt-6-sol, input\",USD,1.0,1795219200,1795132800,\n") },
        { "semicolons in texts", Encoding.UTF8.GetBytes(Table.Replace("line_item", "line_item,note", StringComparison.Ordinal).Replace("\"\n", "\",a;b;c;d;e;f;g;h\n", StringComparison.Ordinal)) },
        { "sep= of a spreadsheet", Encoding.UTF8.GetBytes("sep=;\n" + Table.Replace(",", ";", StringComparison.Ordinal).Replace("sol; ", "sol, ", StringComparison.Ordinal)) },
        { "tabulators", Encoding.UTF8.GetBytes(Table.Replace("sol, ", "sol_ ", StringComparison.Ordinal).Replace(',', '\t').Replace("sol_ ", "sol, ", StringComparison.Ordinal)) },
        { "groups of thousands", Encoding.UTF8.GetBytes("start_time,amount_value,line_item\n1795132800,\"1,001.00\",\"gpt-6-sol, input\"\n1795132800,\"-1,000.00\",\"gpt-6-sol, input\"\n") },
        { "names of columns written otherwise", Encoding.UTF8.GetBytes(Table.Replace("start_time,end_time,amount_value,amount_currency,line_item", "Start Time,EndTime,Amount-Value,amount currency,LineItem", StringComparison.Ordinal)) },
        { "shorter names of columns", Encoding.UTF8.GetBytes(Table.Replace("amount_value,amount_currency", "amount,currency", StringComparison.Ordinal)) },
        { "dollar signs, and parentheses for credits", Encoding.UTF8.GetBytes(Table.Replace("1.40", "$1.40", StringComparison.Ordinal).Replace("-0.4", "($0.40)", StringComparison.Ordinal)) },
        { "a dollar sign after the sign, and the other way", Encoding.UTF8.GetBytes(Table.Replace("1.40", "\"+$1,001.40\"", StringComparison.Ordinal).Replace("-0.4", "\"$ -1,000.40\"", StringComparison.Ordinal)) },
        { "the minus sign of typography", Encoding.UTF8.GetBytes(Table.Replace("-0.4", "\u22120.4", StringComparison.Ordinal)) },
        { "milliseconds", Encoding.UTF8.GetBytes(Table.Replace("1795132800", "1795132800000", StringComparison.Ordinal).Replace("1795219200", "1795219200000", StringComparison.Ordinal)) },
        { "the month by its name", Encoding.UTF8.GetBytes(Table.Replace("1795132800", "\"Nov 20, 2026\"", StringComparison.Ordinal).Replace("1795219200", "21-Nov-2026", StringComparison.Ordinal)) },
        { "JSON with milliseconds and groups", Encoding.UTF8.GetBytes("[" + Page.Replace("1795132800", "1795132800000", StringComparison.Ordinal).Replace("1795219200", "1795219200000", StringComparison.Ordinal).Replace("1.0", "\"1,001.00\"", StringComparison.Ordinal) + "," + Page.Replace("1.0", "-1000", StringComparison.Ordinal) + "]") },
        { "exponents", Encoding.UTF8.GetBytes("start_time,amount_value,line_item\n1795132800,1E+00,\"gpt-6-sol, input\"\n") },
        { "times with an offset", Encoding.UTF8.GetBytes("start_time,end_time,amount_value,line_item\n2026-11-20T02:00:00+02:00,2026-11-21 00:00:00 UTC,1,\"gpt-6-sol, input\"\n") },
        { "JSON lines", Encoding.UTF8.GetBytes(Page.Replace("1.0", "0.5", StringComparison.Ordinal) + "\n" + Page.Replace("1.0", "\"5e-1\"", StringComparison.Ordinal) + "\n") },
        { "a JSON list of pages", Encoding.UTF8.GetBytes("[" + Page.Replace("1.0", "0.5", StringComparison.Ordinal) + "," + Page.Replace("1.0", "0.5", StringComparison.Ordinal) + "]") },
    };

    public static TheoryData<byte[], string> Damages => new()
    {
        { GZip(Table)[..15], "bill: the file cannot be unpacked, and may be cut off" },
        { GZip(Table)[..40], "bill: the file cannot be unpacked, and may be cut off" },
        { GZip(Table)[..^1], "bill: the file cannot be unpacked, and may be cut off" },
        { GZip(Table)[..^8], "bill: the file cannot be unpacked, and may be cut off" },
        { [.. GZip(Table), .. GZip(Table)[..^20]], "bill: the file cannot be unpacked, and may be cut off" },
        { Zip(("a.csv", Table))[..80], "bill: the file cannot be unpacked, and may be cut off" },
        { Zip(), "bill: the archive has no file" },
        { Zip(("costs.csv", Table + "1795132800,x")), "bill/costs.csv, line 4: the row has 2 values for 5 columns" },
        { Zip(("xl/workbook.xml", "<x/>")), "bill: the file is a workbook of a spreadsheet" },
        { [.. "PAR1"u8, 0, 1, 2], "bill: the file is in the format Parquet" },
        { Encoding.UTF8.GetBytes(Table.Replace("1.40", "1,234.56", StringComparison.Ordinal)), "bill, line 2: the row has 6 values for 5 columns. A value with a comma may lack its quotation marks" },
        { Encoding.UTF8.GetBytes(Table.Replace("1.40", "\"1,234\"", StringComparison.Ordinal)), "bill, line 2: 'amount_value' is '1,234' and no number with a decimal point" },
        { Encoding.UTF8.GetBytes(Table.Replace("1.40", "\"1.234,56\"", StringComparison.Ordinal)), "line 2: 'amount_value' is '1.234,56' and no number" },
        { Encoding.UTF8.GetBytes(Table.Replace("1.40", "(-1.40)", StringComparison.Ordinal)), "line 2: 'amount_value' is '(-1.40)' and no number" },
        { Encoding.UTF8.GetBytes(Table.Replace("1.40", "\u20ac1.40", StringComparison.Ordinal)), "line 2: 'amount_value' is '\u20ac1.40' and no number" },
        { Encoding.UTF8.GetBytes(Table.Replace("1795132800", "1795150800", StringComparison.Ordinal).Replace("1795219200", "1795237200", StringComparison.Ordinal)), "line 2: the line covers 2026-11-20 05:00:00Z to 2026-11-21 05:00:00Z, a day of another time zone" },
        { Encoding.UTF8.GetBytes(Table.Replace("1.40", "NaN", StringComparison.Ordinal)), "line 2: 'amount_value' is 'NaN' and no number" },
        { Encoding.UTF8.GetBytes(Table.Replace("1.40", "1e27", StringComparison.Ordinal)), "line 2: an amount or a number of tokens is larger than any bill's" },
        { Encoding.UTF8.GetBytes(Table.Replace("1.40", "1e99", StringComparison.Ordinal)), "line 2: 'amount_value' is '1e99' and no number" },
        { Encoding.UTF8.GetBytes("start_time,amount_value,line_item,quantity\n1795132800,1,\"gpt-6-sol, input\",1e20\n"), "line 2: a number or a time is too large" },
        { Encoding.UTF8.GetBytes("start_time,amount_value,line_item\n99999964800,1,\"gpt-6-sol, input\"\n9999-12-31,1,\"gpt-6-sol, input\"\n"), "line 3: a number or a time is too large" },
        { Encoding.UTF8.GetBytes(Table.Replace("1795132800", "11/20/2026 0:00", StringComparison.Ordinal)), "line 2: 'start_time' is '11/20/2026 0:00' and no time" },
        { Encoding.UTF8.GetBytes(Table.Replace("1795132800", "05.11.2026", StringComparison.Ordinal)), "line 2: 'start_time' is '05.11.2026' and no time" },
        { Encoding.UTF8.GetBytes(Table.Replace("1795132800", "46346", StringComparison.Ordinal)), "line 2: 'start_time' is '46346' and no time" },
        { Encoding.UTF8.GetBytes(Table.Replace("1795132800", "1.79513E+09", StringComparison.Ordinal)), "line 2: 'start_time' is '1.79513E+09' and no time" },
        { Encoding.UTF8.GetBytes(Page.Replace("1.0", "1e20", StringComparison.Ordinal)), "bill, entry 1, result 1: an amount or" },
        { Encoding.UTF8.GetBytes(Page.Replace("1.0", "true", StringComparison.Ordinal)), "bill, entry 1, result 1: 'value' is True and no number" },
        { Encoding.UTF8.GetBytes(Page.Replace("1795219200", "\"tomorrow\"", StringComparison.Ordinal)), "bill, entry 1: 'end_time' is 'tomorrow' and no time" },
        { Encoding.UTF8.GetBytes(Page + "\n" + Page[..60]), "bill, line 2: the JSON is invalid or cut off" },
        { Encoding.UTF8.GetBytes("[" + Page + ",{\"x\":1}]"), "bill, entry 2: the JSON (x) is of no known format" },
        { Encoding.UTF8.GetBytes(Page.Replace("\"results\":[", "\"results\":{\"a\":[", StringComparison.Ordinal).Replace("}]}]", "}]}}]", StringComparison.Ordinal)), "bill, entry 1: 'results' is no list" },
    };

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory, MemberData(nameof(Shapes))]
    public async Task ABillOfADollarIsRead(string shape, byte[] content)
    {
        string file = Path.Combine(_folder.FullName, "bill");
        await File.WriteAllBytesAsync(file, content, TestContext.Current.CancellationToken);

        BillSums sums = await ReadAsync(file);

        Assert.Equal((shape, "gpt-6-sol", 1m), (shape, sums.Groups.Keys.Select(group => group.Model).Distinct().Single(), sums.Groups.Values.Sum(sum => sum.Amount)));
        Assert.Equal(new DateTimeOffset(2026, 11, 20, 0, 0, 0, TimeSpan.Zero), sums.From);
        sums.CheckPages();
    }

    [Theory, MemberData(nameof(Damages))]
    public async Task ADamagedBillNamesTheFileAndThePlace(byte[] content, string expected)
    {
        string file = Path.Combine(_folder.FullName, "bill");
        await File.WriteAllBytesAsync(file, content, TestContext.Current.CancellationToken);

        InvalidDataException fault = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(file));

        Assert.StartsWith(file, fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("11/20/2026")]
    [InlineData("11/20/2026 00:00:00")]
    [InlineData("2026-11-20")]
    [InlineData("2026-11-20T00:00:00Z")]
    public async Task AzureMayWriteTheMonthFirst(string date)
    {
        string file = Path.Combine(_folder.FullName, "azure.csv");
        await File.WriteAllTextAsync(file, $"Date,MeterCategory,MeterName,UnitOfMeasure,Quantity,CostInUsd\n{date},Azure OpenAI,gpt 4o Inp glbl,1M,1,2.5\n", TestContext.Current.CancellationToken);

        Assert.Equal(new DateTimeOffset(2026, 11, 20, 0, 0, 0, TimeSpan.Zero), (await ReadAsync(file)).From);
    }

    [Fact]
    public async Task PagesWithoutTheLastOneAreAnError()
    {
        string file = Path.Combine(_folder.FullName, "1.json");
        await File.WriteAllTextAsync(file, Page.Replace("false", "true", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        BillSums sums = await ReadAsync(file);

        Assert.Contains("1.json: the page says that there are more", Assert.Throws<InvalidDataException>(sums.CheckPages).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileThatIsGivenTwiceIsAnError()
    {
        string file = Path.Combine(_folder.FullName, "costs.csv");
        await File.WriteAllTextAsync(file, Table, TestContext.Current.CancellationToken);
        BillSums sums = await ReadAsync(file);

        InvalidDataException fault = await Assert.ThrowsAsync<InvalidDataException>(() => BillFile.ReadAsync(_folder.FullName, sums, BillItems.None, TestContext.Current.CancellationToken));

        Assert.Contains("given twice", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACopyOfAFileIsAnErrorUnlessItHasNoLine()
    {
        string empty = Page[..Page.IndexOf("\"results\"", StringComparison.Ordinal)] + "\"results\":[]}],\"has_more\":false}";
        foreach ((string name, string content) in ((string, string)[])[("1.json", empty), ("2.json", empty), ("costs (1).csv", Table), ("costs.csv", Table)])
        {
            await File.WriteAllTextAsync(Path.Combine(_folder.FullName, name), content, TestContext.Current.CancellationToken);
        }

        InvalidDataException fault = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(_folder.FullName));

        Assert.Contains("costs.csv: the file has the same content as ", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"spend_logs\":[ROW],\"total\":1}", "{\"request_id\":\"a\",\"spend\":1,\"model\":\"gpt-6-sol\",\"prompt_tokens\":10,\"endTime\":\"2026-11-20T23:59:59Z\",\"metadata\":\"{\\\"usage_object\\\":{\\\"prompt_tokens_details\\\":{\\\"cached_tokens\\\":4}}}\"}")]
    [InlineData("[ROW]", "{\"date\":\"2026-11-20\",\"api_key\":\"k\",\"model\":\"gpt-6-sol\",\"prompt_tokens\":10,\"cache_read_input_tokens\":4,\"spend\":1.0,\"api_requests\":3}")]
    [InlineData("request_id,spend,model,prompt_tokens,completion_tokens,startTime,endTime,metadata\nROW", "a,1e0,gpt-6-sol,10,,2026-11-20 23:59:58,2026-11-20 23:59:59.5,\"{\"\"usage_object\"\": {\"\"prompt_tokens_details\"\": {\"\"cached_tokens\"\": 4}}}\"")]
    [InlineData("date,model,usage,requests,prompt_tokens,completion_tokens\nROW", "2026-11-20,gpt-6-sol,1.00,3,10,0")]
    public async Task LogsOfProxiesAreReadAsListsAndTables(string file, string row)
    {
        string path = Path.Combine(_folder.FullName, "bill");
        await File.WriteAllTextAsync(path, file.Replace("ROW", row, StringComparison.Ordinal), TestContext.Current.CancellationToken);

        BillSums sums = await ReadAsync(path);

        (BilledGroup group, BilledSum sum) = Assert.Single(sums.Groups);
        Assert.Equal((new DateOnly(2026, 11, 20), "gpt-6-sol", 1m, 10), (group.Day, group.Model, sum.Amount, sum[BilledKind.Input] + sum[BilledKind.CachedInput]));
        Assert.Equal(group.Provider == "litellm" ? 4 : 0, sum[BilledKind.CachedInput]);
    }

    [Theory]
    [InlineData("[{\"request_id\":\"a\",\"call_type\":\"acompletion\",\"spend\":null,\"model\":\"gpt-6-sol\",\"prompt_tokens\":10,\"endTime\":\"2026-11-20T08:00:00Z\",\"status\":\"failure\"}]")]
    [InlineData("request_id,spend,model,prompt_tokens,endTime\na,,gpt-6-sol,10,2026-11-20 08:00:00")]
    [InlineData("[{\"date\":\"2026-11-20\",\"model\":null,\"spend\":0,\"api_requests\":1,\"prompt_tokens\":10}]")]
    public async Task ALoggedCallWithoutSpendOrModelCostsNothing(string content)
    {
        string path = Path.Combine(_folder.FullName, "bill");
        await File.WriteAllTextAsync(path, content, TestContext.Current.CancellationToken);

        (_, BilledSum sum) = Assert.Single((await ReadAsync(path)).Groups);
        Assert.Equal((0m, 10L), (sum.Amount, sum[BilledKind.Input]));
    }

    [Fact]
    public async Task ADamagedBillChangesNothing()
    {
        using var ledger = new BilledLedger();
        await ledger.RecordAsync(("openai", "gpt-6-sol", new BillableUsage { InputTokens = 1_000_000 }, "shop", false));
        byte[] before = await File.ReadAllBytesAsync(ledger.File, TestContext.Current.CancellationToken);
        string good = ledger.Write("good.csv", Table);
        string damaged = ledger.Write("damaged.csv", Table + "1795132800,1795219200,1.");

        (int exitCode, string output, string error) = BilledLedger.Run("reconcile", ledger.File, good, damaged, "--apply", "--include-open");

        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith($"{damaged}, line 4: ", error, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(ledger.File, TestContext.Current.CancellationToken));
    }

    private static async Task<BillSums> ReadAsync(string file)
    {
        var sums = new BillSums(new Dictionary<string, decimal>(), new HashSet<string>(), new HashSet<string>(), null);
        await BillFile.ReadAsync(file, sums, BillItems.None, TestContext.Current.CancellationToken);
        return sums;
    }

    private static byte[] GZip(string text) => GZip(Encoding.UTF8.GetBytes(text));

    private static byte[] GZip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Optimal))
        {
            stream.Write(content);
        }

        return packed.ToArray();
    }

    private static byte[] Zip(params (string Name, string Content)[] files)
    {
        using var packed = new MemoryStream();
        using (var archive = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, string content) in files)
            {
                using var writer = new StreamWriter(archive.CreateEntry(name).Open());
                writer.Write(content);
            }
        }

        return packed.ToArray();
    }
}
