using System.Reflection;
using System.Text.Json;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace MeaiBudget.Tests;

/// <summary>Secrets in the exceptions of the library and in its ledger entries.</summary>
public sealed class SecretKeepingTests
{
    [Theory]
    [MemberData(nameof(SecretShapes.Names), MemberType = typeof(SecretShapes))]
    public async Task I4_OurExceptionsPrintNoSecretOfTheirInnerOnes(string name)
    {
        SecretShape shape = SecretShapes.All[name];
        Exception Provider() => new HttpRequestException($"429 for {shape.Text}", new InvalidOperationException(shape.Text), System.Net.HttpStatusCode.TooManyRequests);
        foreach (bool streaming in (bool[])[false, true])
        {
            var first = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(Provider()) };
            var second = new ScriptedChatClient("b") { Default = ScriptedReply.Throw(Provider()) };
            using IChatClient client = new ChatClientBuilder(first).UseFallback(second).Build();
            FallbackExhaustedException exhausted = await Assert.ThrowsAsync<FallbackExhaustedException>(() => client.AskAsync(streaming));
            AssertKept(exhausted);
        }

        var failure = new ChatFailure(ChatFailureKind.RateLimited, ChatFailurePhase.MidStream);
        AssertKept(new ChatStreamInterruptedException("route", failure, new ChatResponse(), Provider()));
        AssertKept(new TokenCountException(failure, Provider()));
        AssertKept(new SpendLedgerException("ledger", "The store is away.", Provider()));

        void AssertKept(Exception exception)
        {
            Assert.Contains(shape.Text, exception.InnerException!.Message, StringComparison.Ordinal);
            SecretShapes.AssertNoLongPiece(shape.Secret, exception.Message);
            SecretShapes.AssertNoLongPiece(shape.Secret, exception.ToString());
            Assert.Contains("[REDACTED]", exception.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(SecretShapes.Names), MemberType = typeof(SecretShapes))]
    public async Task I1_NoSecretReachesALedger(string name)
    {
        SecretShape shape = SecretShapes.All[name];
        foreach (bool streaming in (bool[])[false, true])
        {
            var rows = new List<string>();
            ISpendLedger ledger = Substitute.For<ISpendLedger>();
            ledger.Name.Returns("rows");
            ledger.Clock.Returns(TimeProvider.System);
            ledger.KeepsRecords.Returns(true);
#pragma warning disable CA2012 // The call configures the substitute and is not awaited.
            ledger.ReserveAsync(Arg.Do<LedgerReservation>(row => rows.Add(JsonSerializer.Serialize(row))), Arg.Any<CancellationToken>())
                .Returns(call => new ValueTask<LedgerReservationResult>(new LedgerReservationResult(true, new LedgerLineState[call.Arg<LedgerReservation>().Lines.Count])));
            ledger.SettleAsync(Arg.Do<LedgerSettlement>(row => rows.Add(JsonSerializer.Serialize(row))), Arg.Any<CancellationToken>())
                .Returns(new ValueTask<LedgerSettlementResult>(new LedgerSettlementResult(true, [], [])));
#pragma warning restore CA2012
            var tracker = new CostTracker([Budget.Daily("day", 10m), Budget.Daily("tenant", 10m).PerTag("tenant")], PriceCatalog.Default, ledger);
            var provider = new ScriptedChatClient("gpt-4o-mini", "openai") { Default = ScriptedReply.Text(shape.Text) };
            using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();

            await client.AskAsync(streaming, shape.Text, new ChatOptions
            {
                Instructions = shape.Text,
                AdditionalProperties = new AdditionalPropertiesDictionary { ["tenant"] = shape.Text, ["provider_option"] = shape.Secret, ["plain"] = "not for the ledger" },
            });

            string written = string.Join('\n', rows);
            Assert.Equal(2, rows.Count);
            Assert.Contains("\"tenant\"", written, StringComparison.Ordinal);
            Assert.Contains("[REDACTED]", written, StringComparison.Ordinal);
            Assert.DoesNotContain("not for the ledger", written, StringComparison.Ordinal);
            SecretShapes.AssertNoLongPiece(shape.Secret, written);

            // The provider receives the unchanged value of the application.
            Assert.Equal(shape.Secret, Assert.Single(provider.Calls).Options!.AdditionalProperties!["provider_option"]);
        }
    }

    [Theory]
    [MemberData(nameof(SecretShapes.Names), MemberType = typeof(SecretShapes))]
    public async Task I4_WhatOtherLibrariesThrowIsLoggedByTypeCodeAndRedactedMessage(string name)
    {
        SecretShape shape = SecretShapes.All[name];
        Exception Foreign() => new HttpRequestException($"could not reach {shape.Text}", new InvalidOperationException(shape.Text), System.Net.HttpStatusCode.BadGateway);
        using var written = new Written();
        ISpendLedger ledger = Substitute.For<ISpendLedger>();
        ledger.Name.Returns("away");
        ledger.Clock.Returns(TimeProvider.System);
#pragma warning disable CA2012 // The call configures the substitute and is not awaited.
        ledger.ReserveAsync(default!, default).ThrowsAsyncForAnyArgs(_ => Foreign());
        ledger.SettleAsync(default!, default).ThrowsAsyncForAnyArgs(_ => Foreign());
        ledger.ReleaseAsync(default!, default).ThrowsAsyncForAnyArgs(_ => Foreign());
#pragma warning restore CA2012
        ICallObserver observer = Substitute.For<ICallObserver>();
        observer.When(one => one.OnBudget(Arg.Any<BudgetEvent>())).Do(_ => throw Foreign());
        observer.When(one => one.OnCall(Arg.Any<CallReceipt>())).Do(_ => throw Foreign());
        IBudgetLimitProvider limits = Substitute.For<IBudgetLimitProvider>();
        limits.GetLimitAsync(default!, default!, default).ThrowsAsyncForAnyArgs(_ => Foreign());
        using var prices = PriceCatalogSource.FromDelegate("remote", _ => throw Foreign(), PriceCatalog.Empty, new() { LoggerFactory = written.Loggers });
        var tracker = new CostTracker(
            [Budget.Daily("day", 10m) with { LedgerFailureBehavior = LedgerFailureBehavior.Allow }],
            PriceCatalog.Default,
            ledger,
            options =>
            {
                options.LoggerFactory = written.Loggers;
                options.Observers.Add(observer);
                options.LimitProvider = limits;
            });
        var provider = new ScriptedChatClient("gpt-4o-mini", "openai") { Default = ScriptedReply.Text("Fine.") };
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build(written.Services);

        await client.GetResponseAsync("Hello");
        await prices.ReloadAsync();
        await tracker.SendOutboxAsync();

        string log = written.ToString();
        Assert.All(["LogLedgerUnavailable", "LogObserverFailed", "LogLimitProviderFailed", "LogOutboxWaits", "LogRefused"], id => Assert.Contains(id, log, StringComparison.Ordinal));
        Assert.Contains("System.Net.Http.HttpRequestException (HTTP 502): could not reach ", log, StringComparison.Ordinal);
        Assert.Contains("[REDACTED]", log, StringComparison.Ordinal);
        SecretShapes.AssertNoLongPiece(shape.Secret, log);
    }

    [Theory]
    [InlineData(2_000, 2_000)]
    [InlineData(2_001, 2_003)]
    [InlineData(2_500, 2_003)]
    public void ALongExceptionIsCutAndNoCharacterIsHalved(int length, int expected)
    {
        const string Type = "System.InvalidOperationException: ";

        string plain = LoggedException.Describe(new InvalidOperationException(new string('.', length - Type.Length)));
        string paired = LoggedException.Describe(new InvalidOperationException(new string('.', 1_999 - Type.Length) + "\U0001F600" + new string('.', 100)));

        Assert.Equal(expected, plain.Length);
        Assert.Equal(Type + new string('.', 1_999 - Type.Length) + "...", paired);
    }

    /// <summary>A logger prints an exception whole, and providers and stores put into messages what they were sent.</summary>
    [Fact]
    public void I4_NoLogMessageTakesAnException()
    {
        MethodInfo[] messages =
        [
            .. typeof(CostTracker).Assembly.GetTypes()
                .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                .Where(method => method.IsDefined(typeof(LoggerMessageAttribute))),
        ];

        Assert.True(messages.Length > 20);
        Assert.DoesNotContain(messages, method => method.GetParameters().Any(parameter => parameter.ParameterType.IsAssignableTo(typeof(Exception))));
    }
}
