using MeaiBudget;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds provider types, ledger types and layers of your own to the pipelines that <c>AddMeaiBudget</c> builds from configuration.</summary>
public sealed class MeaiBudgetBuilder
{
    private readonly MeaiBudgetPipeline _pipeline;

    internal MeaiBudgetBuilder(IServiceCollection services, MeaiBudgetPipeline pipeline)
    {
        Services = services;
        _pipeline = pipeline;
    }

    /// <summary>Gets the services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Registers a type of provider, so that configuration can name it in <c>"Type"</c>. The provider packages have a method of their own, for example <c>AddOpenAI()</c>.</summary>
    /// <param name="factory">The factory.</param>
    /// <returns>The builder.</returns>
    public MeaiBudgetBuilder AddProvider(IChatProviderFactory factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        Services.AddSingleton(factory);
        return this;
    }

    /// <summary>Registers a type of ledger, so that configuration can name it in <c>"Ledger": { "Type": ... }</c>. The ledger packages have a method of their own, for example <c>AddSqliteLedger()</c>.</summary>
    /// <param name="factory">The factory.</param>
    /// <returns>The builder.</returns>
    public MeaiBudgetBuilder AddLedger(ISpendLedgerFactory factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        Services.AddSingleton(factory);
        return this;
    }

    /// <summary>Writes what is spent to a history beside the ledger, and uses it for reports: <c>CostTrackerOptions.History</c>.</summary>
    /// <param name="history">Makes the history, for example <c>_ => SqliteSpendLedger.Open("history.db")</c>. It is disposed with the services.</param>
    /// <returns>The builder.</returns>
    public MeaiBudgetBuilder UseHistory(Func<IServiceProvider, ISpendHistory> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        Services.Replace(ServiceDescriptor.Singleton(history));
        _pipeline.HasHistory = true;
        return this;
    }

    /// <summary>Adds layers above those of this library to every pipeline: <c>pipeline => pipeline.UseDistributedCache().UseFunctionInvocation()</c>.</summary>
    /// <param name="configure">Adds the layers, outermost first. Called once for each logical model.</param>
    /// <returns>The builder.</returns>
    public MeaiBudgetBuilder ConfigurePipeline(Action<ChatClientBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        _pipeline.Outer.Add(configure);
        return this;
    }

    /// <summary>Adds layers below those of this library, around each route's client: <c>(client, route) => client.UseOpenTelemetry()</c>.</summary>
    /// <param name="configure">Adds the layers, outermost first. The second argument is the route's name. Called once for each route.</param>
    /// <returns>The builder.</returns>
    public MeaiBudgetBuilder ConfigureRoutes(Action<ChatClientBuilder, string> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        _pipeline.Route.Add(configure);
        return this;
    }
}
