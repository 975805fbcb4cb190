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
        Assert.Equal([0, -10], report.Measurements.Take(2).Select(row => (int)row.Difference(LearningState.Before)));
        Assert.Equal(9, report.Measurements[2].Exchange.ReportedInput);
        Assert.Equal(0.1, report.Measurements[1].Error(LearningState.Before), 6);
        Assert.Equal([3, 5, 6, 7], report.Skipped.Select(skipped => skipped.Line));
        Assert.Equal(1, report.NotComparable);
        Assert.StartsWith("rows 3 | before learning: exact 33.3 %", AccuracyTables.Summary(report), StringComparison.Ordinal);
        Assert.Equal(3, JsonDocument.Parse(AccuracyJson.Write(report, 10)).RootElement.GetProperty("rows").GetInt32());
    }

    [Fact]
    public async Task SharedRecordingsStayWithinTheGoals()
    {
        AccuracyReport report = await MeasureAsync("exchanges/exchanges.jsonl.gz");

        Assert.True(report.Measurements.Count > 1900);
        string[] missed = [.. AccuracyGoal.All
            .Where(goal => !goal.IsReached(AccuracyFigures.Of([.. report.Measurements.Where(goal.Includes)], goal.State)))
            .Select(goal => goal.Name)];

        Assert.Empty(missed);
    }

    [Theory]
    [InlineData("exchanges/exchanges.jsonl.gz")]
    [InlineData("exchanges/exchanges-2.jsonl.gz")]
    public async Task O11_BoundsHoldForProjectsThatWereNotLearnedFrom(string path)
    {
        AccuracyReport report = await MeasureAsync(path);
        string[] projects = [.. report.Measurements.Select(row => row.Exchange.Project).Distinct(StringComparer.Ordinal)];
        var random = new Random(20261129);
        for (int round = 0; round < 3; round++)
        {
            HashSet<string> teachers = [.. projects.Where(_ => random.Next(2) == 0)];
            await report.LearnFromOthersAsync(exchange => teachers.Contains(exchange.Project) ? 0 : 1, CancellationToken.None);
            var figures = AccuracyFigures.Of(report.Measurements, LearningState.HeldOut);

            Assert.True(figures.BoundMisses <= 0.003 * figures.Rows, $"Learned from {string.Join(", ", teachers)}: {figures.BoundMisses} of {figures.Rows} bounds are broken.");
        }
    }

    [Fact]
    public async Task RowsWithAKnownFaultAreListedAndNotCounted()
    {
        const string Request = """{"input":"What is the weather in Paris and in Rome, and how warm will it be there tomorrow, in degrees Celsius?","tools":[{"type":"function","name":"get_weather","description":"Returns the weather of a city","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}]}""";
        const string Call = """{\"type\":\"function_call\"}""";
        const string Recording = $$$"""
            {"id":"halved","repo":"a/b","api":"openai.responses","model_requested":"gpt-4.1","comparable":true,"request":{{{Request}}},"response_text":"{\"created_at\":1765000000,\"output\":[{{{Call}}},{{{Call}}}]}","usage":{"input_tokens":31}}
            {"id":"early","repo":"a/b","api":"openai.responses","model_requested":"gpt-4.1","comparable":true,"request":{{{Request}}},"response_text":"data: {\"type\":\"response.completed\",\"response\":{\"created_at\":1742000000,\"output\":[]}}\n","usage":{"input_tokens":280}}
            {"id":"right","repo":"a/b","api":"openai.responses","model_requested":"gpt-4.1","comparable":true,"request":{{{Request}}},"response_text":"{\"created_at\":1765000000,\"output\":[{{{Call}}},{{{Call}}}]}","usage":{"input_tokens":62}}
            """;

        AccuracyReport report = await AccuracyReport.MeasureAsync(new StringReader(Recording), progress: null, CancellationToken.None);

        Assert.Equal(["right"], report.Measurements.Select(row => row.Exchange.Id));
        Assert.Equal([ReportFault.DividedByCalls, ReportFault.FirstWeeks], report.Flagged.Select(row => row.Fault));
        Assert.EndsWith("flagged 2", AccuracyTables.Summary(report), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HalvesAreLearnedFromTheOtherHalfOnly()
    {
        static string Row(string project, int words, int reported) =>
            $$$"""{"repo":"{{{project}}}","api":"anthropic.messages","host":"h","model_requested":"claude-sonnet-4-5","comparable":true,"request":{"messages":[{"role":"user","content":"{{{string.Join(' ', Enumerable.Range(0, words))}}}"}]},"usage":{"input_tokens":{{{reported}}}}}""";
        string first = Enumerable.Range(0, 100).Select(index => $"p{index}").First(name => AccuracyReport.HalfOf(name) == 0);
        string second = Enumerable.Range(0, 100).Select(index => $"p{index}").First(name => AccuracyReport.HalfOf(name) == 1);
        IEnumerable<string> rows = Enumerable.Range(0, 12).SelectMany(index => (string[])[Row(first, 50 + index, 1000 + index), Row(second, 50 + index, 100 + index)]);

        AccuracyReport report = await AccuracyReport.MeasureAsync(new StringReader(string.Join('\n', rows)), progress: null, CancellationToken.None);

        Measurement[] taughtBySecond = [.. report.Measurements.Where(row => row.Exchange.Project == first)];
        Assert.All(taughtBySecond, row => Assert.True(row.HeldOut.InputTokens < 300));
        Assert.All(report.Measurements.Except(taughtBySecond), row => Assert.True(row.HeldOut.InputUpperBound > 900));
        Assert.Equal([1, 1], AccuracyHalf.Of(report).Select(half => half.Projects));
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

    private static async Task<AccuracyReport> MeasureAsync(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Shared(path)), CompressionMode.Decompress));
        return await AccuracyReport.MeasureAsync(reader, progress: null, CancellationToken.None);
    }

    private static string Shared(string path)
    {
        string? folder = Environment.GetEnvironmentVariable("MEAIBUDGET_SHARED");
        Assert.SkipWhen(folder is null, "MEAIBUDGET_SHARED does not say where the shared material is.");
        return Path.Combine(folder, path);
    }
}
