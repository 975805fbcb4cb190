using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text.Json.Nodes;
using CsCheck;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>The ledger and the provider of docs/extending.md are compiled from the page and tested as any other.</summary>
public sealed class ExtendingTests
{
    private static readonly Lazy<Type> StoreType = new(() =>
    {
        Fence page = Page.Of("docs/extending.md").Fences.Single(fence => fence.Text.Contains(nameof(ISpendLedgerStore), StringComparison.Ordinal));
        return SnippetCompiler.Compile(page).GetTypes().Single(type => type.IsAssignableTo(typeof(ISpendLedgerStore)));
    });

    private static readonly Lazy<Assembly> Provider = new(() =>
        SnippetCompiler.Compile(Page.Of("docs/extending.md").Fences.Single(fence => fence.Text.Contains("class AcmeChatClientFactory", StringComparison.Ordinal))));

    public static TheoryData<string> Cases => [.. SpendLedgerSuite.Cases];

    [Theory, MemberData(nameof(Cases))]
    public Task TheLedgerOfThePageKeepsTheRules(string name) => SpendLedgerSuite.RunAsync(name, NewStore);

    [Fact]
    public Task TheLedgerOfThePageAgreesWithTheModelOverRandomHistories() => SpendLedgerHistories.Any.SampleAsync(
        async history =>
        {
            await using ISpendLedgerStore store = NewStore();
            await SpendLedgerModel.RunAsync(await store.OpenAsync(), store.Advance, history);
        },
        iter: 20);

    private static ISpendLedgerStore NewStore() => (ISpendLedgerStore)Activator.CreateInstance(
        StoreType.Value, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, null, null)!;

    [Fact]
    public async Task TheProviderOfThePageReservesARawRequestAsItIsSent()
    {
        var server = new Server(200, """{"model":"acme-large","choices":[{"message":{"content":"Fine."}}],"usage":{"prompt_tokens":20,"completion_tokens":2,"total_tokens":22}}""");
        var options = new ChatOptions { MaxOutputTokens = 10, RawRepresentationFactory = _ => new JsonObject { ["max_tokens"] = 60_000 } };
        using IChatClient poor = new ChatClientBuilder(NewClient(server)).UseBudget(NewTracker(0.01m)).Build();

        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(() => poor.GetResponseAsync("How are you?", options));

        Assert.Equal((RefusalReason.Spent, 0), (refused.Refusal.Reason, server.Count));
        using IChatClient rich = new ChatClientBuilder(NewClient(server)).UseBudget(NewTracker(1m)).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        await rich.GetResponseAsync("How are you?", options);
        Assert.Equal((60_000, 1), (capture.Receipts.Single().Attempts.Single().ReservedOutputTokens, server.Count));
    }

    [Fact]
    public async Task TheProviderOfThePageClassifiesItsFailures()
    {
        var server = new Server(429, """{"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}}""");
        using IChatClient client = new ChatClientBuilder(NewClient(server)).UseBudget(NewTracker(1m)).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await Assert.ThrowsAnyAsync<Exception>(() => client.GetResponseAsync("How are you?"));

        ChatFailure failure = capture.Receipts.Single().Attempts.Single().Failure!;
        Assert.Equal((ChatFailureKind.RateLimited, ChatFailurePhase.Rejected, TimeSpan.FromSeconds(7)), (failure.Kind, failure.Phase, failure.RetryAfter));
    }

    [Fact]
    public void TheProviderOfThePageValidatesItsOptions()
    {
        TargetInvocationException thrown = Assert.Throws<TargetInvocationException>(() => NewClient(new Server(200, "{}"), key: null));

        Assert.Equal("ApiKey", Assert.IsType<ProviderConfigurationException>(thrown.InnerException).Setting);
        Assert.Contains("ACME_API_KEY", thrown.InnerException.Message, StringComparison.Ordinal);
    }

    private static CostTracker NewTracker(decimal limit) =>
        new([Budget.Daily("day", limit)], PriceCatalog.Default.With("acme-large", ModelPrice.PerMillionTokens(1m, 2m)));

    private static IChatClient NewClient(HttpMessageHandler server, string? key = "key")
    {
        Type[] types = Provider.Value.GetTypes();
        var options = (ProviderClientOptions)Activator.CreateInstance(types.Single(type => type.Name == "AcmeChatClientOptions"))!;
        (options.ApiKey, options.ModelId, options.HttpMessageHandler) = (key, "acme-large", server);
        return (IChatClient)types.Single(type => type.Name == "AcmeChatClientFactory").GetMethod("Create")!.Invoke(null, [options])!;
    }

    /// <summary>Gives one answer, and counts the requests.</summary>
    private sealed class Server(int status, string body) : HttpMessageHandler
    {
        public int Count { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Count++;
            var response = new HttpResponseMessage((HttpStatusCode)status) { RequestMessage = request, Content = new StringContent(body, new MediaTypeHeaderValue("application/json")) };
            response.Headers.TryAddWithoutValidation("Retry-After", "7");
            return Task.FromResult(response);
        }
    }
}
