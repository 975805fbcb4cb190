using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;

namespace MeaiBudget.Tests;

public class RedactedLoggingChatClientTests
{
    private readonly FakeLogger _logger = new();
    private readonly ScriptedChatClient _provider = new("gpt-4o-mini", "openai");

    public static TheoryData<bool> Modes => StreamModes.Both;

    [Theory, MemberData(nameof(Modes))]
    public async Task LogsOneRecordACallWithItsNumbersAndWithoutContent(bool streaming)
    {
        _provider.Enqueue(ScriptedReply.Text("the answer is blue").WithUsage(12, 5).Configure(response => response.ResponseId = "resp-1"));
        using IChatClient client = Client();

        await client.AskAsync(streaming, "the question about red");

        FakeLogRecord record = Assert.Single(_logger.Collector.GetSnapshot());
        Assert.Equal((501, "CallCompleted", LogLevel.Information), (record.Id.Id, record.Id.Name, record.Level));
        Assert.Equal("12", Value(record, "InputTokens"));
        Assert.Equal("5", Value(record, "OutputTokens"));
        Assert.Equal("resp-1", Value(record, "ResponseId"));
        Assert.Equal("0.0000048", Value(record, "Cost"));
        Assert.Equal("Computed", Value(record, "CostKind"));
        Assert.Equal("stop", Value(record, "FinishReason"));
        Assert.Equal("day", Value(record, "Budgets"));
        Assert.Equal(streaming.ToString(), Value(record, "IsStreaming"));
        Assert.DoesNotContain("blue", Everything(), StringComparison.Ordinal);
        Assert.DoesNotContain("red", record.Message.Replace("answered", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task I7_ContentIsAnOptionAndOneRecordACall(bool streaming)
    {
        _provider.Enqueue(ScriptedReply.Text("use " + SecretShapes.All["anthropic"].Secret + " and be happy"));
        using IChatClient client = Client(options => options.Content = LoggedContent.Redacted);

        await client.AskAsync(streaming, "my password: hunter2, please");

        FakeLogRecord record = Assert.Single(_logger.Collector.GetSnapshot(), record => record.Id.Id == 506);
        Assert.Equal("[user] my password: [REDACTED], please\n", Value(record, "Messages"));
        Assert.Equal("use [REDACTED] and be happy", Value(record, "Answer"));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ContentIsCutAfterItWasRedacted(bool streaming)
    {
        _provider.Enqueue(ScriptedReply.Text("abcdefghi " + SecretShapes.All["openai project"].Secret));
        using IChatClient client = Client(options =>
        {
            options.Content = LoggedContent.Redacted;
            options.MaxContentLength = 15;
        });

        await client.AskAsync(streaming, "x");

        Assert.Equal("abcdefghi [REDA... (cut)", Value(Assert.Single(_logger.Collector.GetSnapshot(), record => record.Id.Id == 506), "Answer"));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task FullContentIsTheTextAsItIs(bool streaming)
    {
        _provider.Enqueue(ScriptedReply.Text("password: hunter2"));
        using IChatClient client = Client(options => options.Content = LoggedContent.Full);

        await client.AskAsync(streaming, "x");

        Assert.Equal("password: hunter2", Value(Assert.Single(_logger.Collector.GetSnapshot(), record => record.Id.Id == 506), "Answer"));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task LogsAFailureByTypeAndKindAndNeverItsMessage(bool streaming)
    {
        _provider.Enqueue(new HttpRequestException("body said: the prompt was about red; key " + SecretShapes.All["openai old"].Secret, null, System.Net.HttpStatusCode.TooManyRequests));
        using IChatClient client = Client();

        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming));

        IReadOnlyList<FakeLogRecord> records = _logger.Collector.GetSnapshot();
        Assert.Equal([504, 502], records.Select(record => record.Id.Id));
        Assert.Equal("System.Net.Http.HttpRequestException", Value(records[1], "ExceptionType"));
        Assert.Equal("RateLimited", Value(records[1], "FailureKind"));
        Assert.Equal("429", Value(records[1], "StatusCode"));
        Assert.All(records, record => Assert.Null(record.Exception));
        Assert.DoesNotContain("prompt", Everything(), StringComparison.Ordinal);
        Assert.DoesNotContain("sk-", Everything(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task LogsTheRedactedMessageOfAFailureWhereContentIsAskedFor(bool streaming)
    {
        _provider.Enqueue(new HttpRequestException("bad key " + SecretShapes.All["openai old"].Secret));
        using IChatClient client = Client(options => options.Content = LoggedContent.Redacted);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming));

        Assert.Equal("bad key [REDACTED]", Value(Assert.Single(_logger.Collector.GetSnapshot(), record => record.Id.Id == 502), "ErrorMessage"));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task LogsARefusalWithWhatTheBudgetSaid(bool streaming)
    {
        using IChatClient client = Client(limit: 0m);

        await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming));

        IReadOnlyList<FakeLogRecord> records = _logger.Collector.GetSnapshot();
        Assert.Equal([505, 502], records.Select(record => record.Id.Id));
        Assert.Equal("day", Value(records[0], "Budget"));
        Assert.Equal("Spent", Value(records[0], "Reason"));
        Assert.Contains("Budget 'day'", Value(records[1], "ErrorMessage"), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ACancelledCallIsNoFailure(bool streaming)
    {
        using var cancellation = new CancellationTokenSource();
        _provider.Enqueue(ScriptedReply.Text("never").Before((_, token) =>
        {
            cancellation.Cancel();
            token.ThrowIfCancellationRequested();
            return default;
        }));
        using IChatClient client = Client();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.AskAsync(streaming, cancellationToken: cancellation.Token));

        Assert.Equal([503], _logger.Collector.GetSnapshot().Select(record => record.Id.Id));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ACallThatPassesTheLayerSeveralTimesIsOneRecord(bool streaming)
    {
        AIFunction tool = AIFunctionFactory.Create(() => "12 degrees", "weather");
        _provider.Enqueue(ScriptedReply.ToolCall("weather"), ScriptedReply.Text("cold"));
        var tracker = new CostTracker(Budget.Daily("tenant", 10m));
        var options = new RedactedLoggingOptions { Content = LoggedContent.Redacted };
        using IChatClient client = new ChatClientBuilder(new RedactedLoggingChatClient(_provider, _logger, options))
            .UseBudget(tracker).UseFunctionInvocation().Build();
        using IChatClient outer = new ChatClientBuilder(_provider)
            .UseBudget(tracker).UseFunctionInvocation().Use(inner => new RedactedLoggingChatClient(inner, _logger, options)).UseBudget(tracker).Build();

        await outer.AskAsync(streaming, options: new ChatOptions { Tools = [tool] });

        Assert.Single(_logger.Collector.GetSnapshot(), record => record.Id.Id == 501);
        Assert.Single(_logger.Collector.GetSnapshot(), record => record.Id.Id == 506);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task NothingIsRecordedWhenTheLevelIsOff(bool streaming)
    {
        _logger.ControlLevel(LogLevel.Information, false);
        _logger.ControlLevel(LogLevel.Warning, false);
        _logger.ControlLevel(LogLevel.Error, false);
        using IChatClient client = Client(options => options.Content = LoggedContent.Full);

        await client.AskAsync(streaming);

        Assert.Equal(0, _logger.Collector.Count);
    }

    [Fact]
    public void WithoutALoggerFactoryTheLayerIsNotThere()
    {
        using IChatClient client = new ChatClientBuilder(_provider).UseRedactedLogging().Build();
        using IChatClient silent = new ChatClientBuilder(_provider).UseRedactedLogging(NullLoggerFactory.Instance).Build();
        Assert.Same(_provider, client);
        Assert.Same(_provider, silent);
    }

    [Fact]
    public void InvalidArgumentsThrow()
    {
        Assert.Throws<ArgumentNullException>(() => MeaiBudgetBuilderExtensions.UseRedactedLogging(null!));
        Assert.Throws<ArgumentNullException>(() => new RedactedLoggingChatClient(_provider, null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RedactedLoggingOptions { MaxContentLength = -1 });
        Assert.Throws<ArgumentNullException>(() => new RedactedLoggingOptions { Redactor = null! });
    }

    private static string? Value(FakeLogRecord record, string name) => record.GetStructuredStateValue(name);

    private IChatClient Client(Action<RedactedLoggingOptions>? configure = null, decimal limit = 10m)
    {
        var options = new RedactedLoggingOptions();
        configure?.Invoke(options);
        return new ChatClientBuilder(_provider)
            .Use(inner => new RedactedLoggingChatClient(inner, _logger, options))
            .UseBudget(new CostTracker(Budget.Daily("day", limit)))
            .Build();
    }

    private string Everything() => string.Join('\n', _logger.Collector.GetSnapshot().Select(record =>
        record.Message + string.Join(',', record.StructuredState!.Select(pair => pair.Value))));
}
