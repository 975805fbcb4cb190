using System.IO.Compression;
using System.Text.Json;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

public class AccuracyReportTests
{
    [Fact]
    public async Task RowsAreMeasuredAndBrokenOnesReported()
    {
        const string Recording = """
            {"id":"a","api":"openai.chat","model_requested":"gpt-4o","comparable":true,"request":{"messages":[{"role":"user","content":"Hello, how are you?"}]},"usage_norm":{"input_total":13,"output":5}}
            {"id":"b","api":"openai.chat","model_requested":"gpt-4o","comparable":true,"request":{"messages":[{"role":"user","content":"Hello, how are you?"}]},"usage":{"prompt_tokens":23}}
            this is not JSON

            {"api":"openai.chat","comparable":true,"request":[],"usage":{"prompt_tokens":23}}
            {"api":"openai.chat","comparable":true,"usage":{"prompt_tokens":23}}
            [1,2]
            {"api":"openai.chat","model_requested":"gpt-4o","comparable":false,"request":{"messages":[]}}
            {"id":"c","api":"anthropic.messages","model_requested":"claude-sonnet-4-5","comparable":true,"request":{"messages":[{"role":"user","content":"Hi"}]},"usage":{"input_tokens":2,"cache_read_input_tokens":3,"cache_creation_input_tokens":4}}
            """;

        AccuracyReport report = await AccuracyReport.MeasureAsync(new StringReader(Recording), progress: null, CancellationToken.None);

        Assert.Equal(["a", "b", "c"], report.Measurements.Select(row => row.Exchange.Id));
        Assert.Equal([0, -10], report.Measurements.Take(2).Select(row => (int)row.Difference(learned: false)));
        Assert.Equal(9, report.Measurements[2].Exchange.ReportedInput);
        Assert.Equal(0.1, report.Measurements[1].Error(learned: false), 6);
        Assert.Equal([3, 5, 6, 7], report.Skipped.Select(skipped => skipped.Line));
        Assert.Equal(1, report.NotComparable);
        Assert.StartsWith("rows 3 | before learning: exact 33.3 %", AccuracyTables.Summary(report), StringComparison.Ordinal);
        Assert.Equal(3, JsonDocument.Parse(AccuracyJson.Write(report, 10)).RootElement.GetProperty("rows").GetInt32());
    }

    [Fact]
    public async Task SharedRecordingsStayWithinTheGoals()
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Shared("exchanges/exchanges.jsonl.gz")), CompressionMode.Decompress));
        AccuracyReport report = await AccuracyReport.MeasureAsync(reader, progress: null, CancellationToken.None);

        Assert.True(report.Measurements.Count > 1900);
        string[] missed = [.. AccuracyGoal.All
            .Where(goal => !goal.IsReached(AccuracyFigures.Of([.. report.Measurements.Where(goal.Includes)], goal.Learned)))
            .Select(goal => goal.Name)];

        // docs/accuracy.md explains why these targets are not reached.
        string[] explained = ["OpenAI responses"];
        Assert.Empty(missed.Except(explained));
    }

    [Fact]
    public void SixtyFiveOfTheMeasuredChatRequestsAreExact()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Shared("tokens/openai_chat_measured.json")));
        int exact = 0;
        int requests = 0;
        foreach (JsonElement row in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            RawRequest request = OpenAIChatRequestReader.Read(row);
            bool all = true;
            foreach (JsonProperty measured in row.GetProperty("measured").EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.Number))
            {
                var target = new TokenEstimationTarget(measured.Name.StartsWith("cl100k", StringComparison.Ordinal) ? "gpt-4" : "gpt-4o") { Api = ChatApi.OpenAIChat };
                all &= new TokenEstimator().Estimate(request.Messages, request.Options, target).InputTokens == measured.Value.GetInt64();
            }

            requests++;
            exact += all ? 1 : 0;
        }

        Assert.Equal(69, requests);
        Assert.True(exact >= 65, $"{exact} of {requests} requests are exact.");
    }

    private static string Shared(string path)
    {
        string? folder = Environment.GetEnvironmentVariable("MEAIBUDGET_SHARED");
        Assert.SkipWhen(folder is null, "MEAIBUDGET_SHARED does not say where the shared material is.");
        return Path.Combine(folder, path);
    }
}
