using MeaiBudget;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers what configuration describes.</summary>
public static partial class MeaiBudgetServiceCollectionExtensions
{
    /// <summary>
    /// Builds providers, models, routes, budgets and prices from configuration: an <see cref="IChatClient"/> for the default model, one
    /// keyed by the name of each logical model, and <see cref="CostTracker"/>, <see cref="PriceCatalogSource"/>, <see cref="ISpendLedger"/>, <see cref="ISpendHistory"/> (if the ledger keeps one),
    /// <see cref="ITokenEstimator"/> and the <see cref="ChatRoute"/>s for pipelines of your own.
    /// </summary>
    /// <remarks>
    /// The configuration is checked when the host starts, or when the first of these services is asked for; every mistake is listed at
    /// once (<see cref="MeaiBudgetConfigurationException"/>). Budgets and prices follow it while the application runs.
    /// </remarks>
    /// <param name="services">The services.</param>
    /// <param name="section">The section, usually <c>configuration.GetSection("MeaiBudget")</c>. Which logical models there are is read at once.</param>
    /// <returns>A builder that adds the types of provider and ledger that the section names.</returns>
    /// <exception cref="InvalidOperationException">The method was already called on these services.</exception>
    public static MeaiBudgetBuilder AddMeaiBudget(this IServiceCollection services, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        if (services.Any(static service => service.ServiceType == typeof(ConfigurationBinding)))
        {
            throw new InvalidOperationException("AddMeaiBudget was already called on these services. Call it once, with one section for all models and budgets of the application.");
        }

        var pipeline = new MeaiBudgetPipeline();
        AddOptions(services, section);
        services.AddSingleton(pipeline);
        AddSpend(services);
        AddPipelineOptions(services);
        AddRoutes(services, section);
        AddClients(services, section);
        return new MeaiBudgetBuilder(services, pipeline);
    }

    private static void AddOptions(IServiceCollection services, IConfigurationSection section)
    {
        services.AddSingleton(new ConfigurationBinding(section));
        services.AddSingleton<IConfigureOptions<MeaiBudgetOptions>>(static provider => provider.GetRequiredService<ConfigurationBinding>());
        services.AddSingleton<IValidateOptions<MeaiBudgetOptions>, MeaiBudgetOptionsValidator>();
        services.AddOptions<MeaiBudgetOptions>().ValidateOnStart();
        services.AddSingleton<IOptionsMonitor<MeaiBudgetOptions>, ReloadableOptions>();
    }

    private static void AddSpend(IServiceCollection services)
    {
        services.AddSingleton<ConfiguredSpend>();

        // Handed out, each becomes the container's to dispose.
        services.AddSingleton(static provider => provider.GetRequiredService<ConfiguredSpend>().Tracker);
        services.AddSingleton(static provider => provider.GetRequiredService<ConfiguredSpend>().Prices);
        services.AddSingleton(static provider => provider.GetRequiredService<ConfiguredSpend>().Ledger);

        // Null if the ledger keeps none.
        services.AddSingleton(static provider => provider.GetRequiredService<ConfiguredSpend>().History!);
        services.AddTransient(static provider => provider.GetRequiredService<ConfiguredSpend>().Prices.Current);
    }

    /// <summary>What the layers look for in a service provider, so that a pipeline of one's own takes configuration too.</summary>
    private static void AddPipelineOptions(IServiceCollection services)
    {
        services.AddSingleton(static provider => OptionsOf(provider).Admission.Validated());
        services.AddSingleton(static provider => OptionsOf(provider).Retry.ForContainer(ClockOf(provider)));
        services.AddSingleton(static provider => OptionsOf(provider).Logging.ToOptions());
        services.TryAddSingleton<ITokenEstimator>(static provider =>
            new TokenEstimator(OptionsOf(provider).Estimation.ForContainer(ClockOf(provider))));
    }

    private static void AddRoutes(IServiceCollection services, IConfigurationSection section)
    {
        services.AddSingleton(static provider => new ConfiguredRoutes(
            provider, OptionsOf(provider), provider.GetRequiredService<ConfiguredSpend>().Prices.Current, provider.GetRequiredService<MeaiBudgetPipeline>()));
        string[] names = [.. section.GetSection(nameof(MeaiBudgetOptions.Routes)).GetChildren().Select(route => route.Key)];
        for (int i = 0; i < names.Length; i++)
        {
            int index = i;
            string name = names[i];
            services.AddSingleton(provider => provider.GetRequiredService<ConfiguredRoutes>().Ordered[index]);
            services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredService<ConfiguredRoutes>()[name]);
        }
    }

    private static void AddClients(IServiceCollection services, IConfigurationSection section)
    {
        services.AddSingleton(static provider => new ConfiguredClients(
            provider, OptionsOf(provider), provider.GetRequiredService<ConfiguredRoutes>(), provider.GetRequiredService<MeaiBudgetPipeline>()));
        string[] names = [.. section.GetSection(nameof(MeaiBudgetOptions.Models)).GetChildren().Select(model => model.Key)];
        foreach (string name in names)
        {
            services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredService<ConfiguredClients>()[name]);
        }

        if (names.Length > 0)
        {
            services.AddSingleton(static provider => provider.GetRequiredService<ConfiguredClients>()[null]);
        }
    }

    private static TimeProvider ClockOf(IServiceProvider provider) => provider.GetService<TimeProvider>() ?? TimeProvider.System;

    private static MeaiBudgetOptions OptionsOf(IServiceProvider provider) => provider.GetRequiredService<IOptionsMonitor<MeaiBudgetOptions>>().CurrentValue;
}
