using System.Globalization;
using System.Text.Json;

namespace MeaiBudget.Tests;

/// <summary>Compares the catalog with facts that are not part of the repository.</summary>
public class SharedPriceFactsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
    private static readonly PriceCatalog Catalog = PriceCatalog.Default;

    // What newer facts contradict: the price of gpt-5.6 fell on 2026-08-21, and the rise of claude-sonnet-5 was cancelled.
    private static readonly string[] Outdated = ["43 ", "45b ", "45c "];

    [Fact]
    public void P2_NearlyAllIdsThatPeopleUseAreAccepted()
    {
        string[][] ids = [.. Lines("cases", "truth", "cov.tsv").Select(line => line.Split('\t'))];
        int accepted = ids.Count(id => Catalog.Resolve(id[0], id[1], Now).IsKnown);

        Assert.Equal(230, ids.Length);
        Assert.True(accepted >= 215, $"{accepted} of {ids.Length} ids are accepted.");
    }

    [Fact]
    public void P2_NoAcceptedPriceIsWrong()
    {
        string[] header = Lines("prices", "round2", "agreed.tsv").First().Split('\t');
        int Column(string name) => Array.IndexOf(header, name);
        List<string> wrong = [];
        foreach (string[] row in Lines("prices", "round2", "agreed.tsv").Skip(1).Select(line => line.Split('\t')))
        {
            string status = row[Column("status")];
            PriceResolution found = Catalog.Resolve(row[0], row[1].Length == 0 ? null : row[1], Now);
            if (!found.IsKnown || !(status.StartsWith("agreed", StringComparison.Ordinal) || status == "provider page")
                || Number(row[Column("input")]) is not { } input || Number(row[Column("output")]) is not { } output)
            {
                continue;
            }

            if (found.Price!.InputPerMillion != input || found.Price.OutputPerMillion != output)
            {
                wrong.Add($"{row[1]} {row[0]}: {input}/{output}, not {found.Price}");
            }

            if (row[Column("bracket")] is { Length: > 0 } bracket)
            {
                decimal[] numbers = [.. bracket.Split([' ', ':', '>', ';'], StringSplitOptions.RemoveEmptyEntries).Select(Number).OfType<decimal>()];
                PriceBracket? reached = found.Price.StandardCard.BracketOf((long)numbers[0] + 1);
                if (reached?.Rates.PerMillion(PriceComponent.Input) != numbers[1] || reached.Rates.PerMillion(PriceComponent.Output) != numbers[2])
                {
                    wrong.Add($"{row[1]} {row[0]}: bracket {bracket}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void CostsThatWereComputedByHandAreEqual()
    {
        int compared = 0;
        foreach (JsonElement golden in Lines("cases", "truth", "golden.jsonl").Select(line => JsonDocument.Parse(line).RootElement))
        {
            string name = golden.GetProperty("name").GetString()!;
            if (golden.GetProperty("expect").ValueKind == JsonValueKind.Null || Array.Exists(Outdated, prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                continue;
            }

            DateTimeOffset at = golden.GetProperty("at") is { ValueKind: JsonValueKind.String } time ? time.GetDateTimeOffset() : Now;
            PriceResolution found = Catalog.Resolve(golden.GetProperty("id").GetString()!, golden.GetProperty("provider").GetString(), at);
            Assert.Equal((name, golden.GetProperty("expect").GetDecimal()), (name, found.CostOf(UsageOf(golden.GetProperty("usage"))).Amount));
            compared++;
        }

        Assert.Equal(61, compared);
    }

    private static BillableUsage UsageOf(JsonElement usage)
    {
        long Count(string name) => usage.TryGetProperty(name, out JsonElement count) && count.ValueKind == JsonValueKind.Number ? count.GetInt64() : 0;
        return new BillableUsage
        {
            InputTokens = Count("in"),
            OutputTokens = Count("out"),
            CachedInputTokens = Count("cached"),
            CacheWriteTokens = Count("w5"),
            CacheWriteOneHourTokens = Count("w1h"),
            ReasoningTokens = Count("reason"),
            InputAudioTokens = Count("inaudio"),
            OutputAudioTokens = Count("outaudio"),
            InputImageTokens = Count("inimage"),
            OutputImageTokens = Count("outimage"),
            WebSearches = Count("web"),
            FileSearches = Count("file"),
            CodeExecutionSessions = Count("code"),
            ServiceTier = usage.TryGetProperty("tier", out JsonElement tier) ? tier.GetString() : null,
        };
    }

    private static decimal? Number(string text) => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) ? number : null;

    private static IEnumerable<string> Lines(params string[] path)
    {
        string? shared = Environment.GetEnvironmentVariable("MEAIBUDGET_SHARED");
        Assert.SkipWhen(string.IsNullOrEmpty(shared), "Set MEAIBUDGET_SHARED to the folder of the shared material to compare the catalog with its facts.");
        return File.ReadLines(Path.Combine([shared, .. path]));
    }
}
