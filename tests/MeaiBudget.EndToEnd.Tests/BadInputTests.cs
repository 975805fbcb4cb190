using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Bad input is a typed error that says what to do, and loses nothing.</summary>
public sealed class BadInputTests
{
    public static TheoryData<SimulatedProvider, bool> ProvidersAndModes => RealPipeline.ProvidersAndModes;

    public static TheoryData<SimulatedProvider> Providers => RealPipeline.Providers;

    [Theory]
    [InlineData(SimulatedProvider.OpenAI, "OPENAI_API_KEY")]
    [InlineData(SimulatedProvider.Anthropic, "ANTHROPIC_API_KEY")]
    public async Task WithoutAKeyTheFactorySaysWhereToSetOne(SimulatedProvider provider, string variable)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();

        ProviderConfigurationException thrown = Assert.Throws<ProviderConfigurationException>(() => RealClients.Create(simulator, provider, "m", options => options.ApiKey = null));

        Assert.Equal(nameof(ProviderClientOptions.ApiKey), thrown.Setting);
        Assert.Contains(variable, thrown.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task AKeyThatTheProviderRejectsIsAnAuthenticationFailureAndCostsNothing(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider, hasAlternates: false);
        pipeline.Primary.Default = SimulatedResponse.Unauthorized();

        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => pipeline.Client.AskAsync(streaming));

        Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(ChatFailureKind.Authentication, Assert.Single(receipt.Attempts).Failure?.Kind);
        Assert.DoesNotContain("sk-any", thrown.ToString(), StringComparison.Ordinal);
        await pipeline.AssertBalancedAsync(settled: 0);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task ABaseUrlThatIsNotOneIsRefusedAtOnce(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();

        foreach (string url in (string[])["not a url", "localhost:4000", "ftp://example.com", "/v1"])
        {
            ProviderConfigurationException thrown = Assert.Throws<ProviderConfigurationException>(() => RealClients.Create(simulator, provider, "m", options => options.BaseUrl = url));

            Assert.Equal(nameof(ProviderClientOptions.BaseUrl), thrown.Setting);
            Assert.Contains("Set BaseUrl to", thrown.Message, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task AServerThatCannotBeReachedIsANetworkFailureAndCostsNothing(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        IChatClient unreachable = pipeline.CreateClient(
            provider, RealPipeline.PrimaryModel, options => options.BaseUrl = pipeline.Simulator.ConnectionRefusedUrl.ToString());
        using IChatClient client = new ChatClientBuilder(unreachable).UseBudget(pipeline.Tracker).UseFallback().Build();

        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => client.AskAsync(streaming));

        Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
        ChatFailure? failure = Assert.Single(receipt.Attempts).Failure;
        Assert.Equal((ChatFailureKind.Network, ChatFailurePhase.NotSent), (failure?.Kind, failure?.Phase));
        await pipeline.AssertBalancedAsync(settled: 0);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task A4_AModelWithoutAPriceIsRefusedWithTheWayOut(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider, hasAlternates: false);

        // A model of an Ollama on this machine is known to cost nothing, whatever its name; one of its cloud is not.
        BudgetExceededException thrown = await Assert.ThrowsAsync<BudgetExceededException>(
            () => pipeline.Client.AskAsync(streaming, options: new ChatOptions { ModelId = "no-such-model:cloud" }));

        Assert.Equal(RefusalReason.UnknownPrice, thrown.Refusal.Reason);
        Assert.Contains("no-such-model:cloud", thrown.Message, StringComparison.Ordinal);
        Assert.Empty(pipeline.Simulator.Requests);
        await pipeline.AssertBalancedAsync(settled: 0);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task AModelThatTheProviderDoesNotHaveIsNotRetriedAndCostsNothing(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider, hasAlternates: false);
        pipeline.Simulator.Script(provider).OnlyModels("another-model");

        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => pipeline.Client.AskAsync(streaming));

        Assert.Single(pipeline.Simulator.Requests);
        Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(ChatFailureKind.InvalidRequest, Assert.Single(receipt.Attempts).Failure?.Kind);
        Assert.Equal((RealPipeline.PrimaryModel, provider == SimulatedProvider.LiteLLM ? 400 : 404), (receipt.Attempts[0].ModelId, receipt.Attempts[0].Failure?.StatusCode));
        await pipeline.AssertBalancedAsync(settled: 0);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task AModelThatTheProviderDoesNotHaveIsAskedOfTheAlternateAndAWrongRequestIsNot(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        pipeline.Primary.Enqueue(SimulatedResponse.ModelNotFound(), SimulatedResponse.Error(400, "The temperature is not a number.", "invalid_request_error"));
        pipeline.Alternate.Enqueue(SimulatedResponse.Text("From elsewhere."));

        Assert.Equal("From elsewhere.", (await pipeline.Client.AskAsync(streaming)).Text);
        await Assert.ThrowsAnyAsync<Exception>(() => pipeline.Client.AskAsync(streaming));

        Assert.Equal((2, 1), (pipeline.RequestsFor(RealPipeline.PrimaryModel), pipeline.RequestsFor(RealPipeline.AlternateModel)));
        await pipeline.AssertBalancedAsync(settled: 1);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task EmptyMessagesAndAnEmptyBoundAreRefusedBeforeAnythingIsReserved(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);

        ArgumentException empty = await Assert.ThrowsAnyAsync<ArgumentException>(() => pipeline.Client.AskAsync(streaming, (IEnumerable<ChatMessage>)[]));
        ArgumentException bound = await Assert.ThrowsAnyAsync<ArgumentException>(
            () => pipeline.Client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 0 }));
        await Assert.ThrowsAnyAsync<ArgumentNullException>(() => pipeline.Client.AskAsync(streaming, (IEnumerable<ChatMessage>)null!));

        Assert.Contains("at least one message", empty.Message, StringComparison.Ordinal);
        Assert.Contains("at least 1", bound.Message, StringComparison.Ordinal);
        Assert.Empty(pipeline.Simulator.Requests);
        Assert.Equal(0, pipeline.Ledger.Admitted);
    }

    [Fact]
    public void ANegativeLimitIsRefusedByNameWithWhatToWriteInstead()
    {
        ArgumentOutOfRangeException thrown = Assert.Throws<ArgumentOutOfRangeException>(() => Budget.Daily("day", -1m));

        Assert.Contains("'day'", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("Zero blocks everything paid; null is no limit.", thrown.Message, StringComparison.Ordinal);
    }
}
