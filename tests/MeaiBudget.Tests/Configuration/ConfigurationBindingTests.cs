using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>Options of the layers are read from configuration, and container, code and configuration agree on who wins.</summary>
public sealed class ConfigurationBindingTests
{
    /// <summary>Gets each section that is bound to the options of a layer.</summary>
    public static TheoryData<string, Type> Sections => new()
    {
        { "Admission", typeof(BudgetOptions) },
        { "Admission:Unconfirmed", typeof(UnconfirmedPolicy) },
        { "Retry", typeof(RetryOptions) },
        { "Circuit", typeof(CircuitOptions) },
        { "Logging", typeof(LoggingSettings) },
        { "Estimation", typeof(TokenEstimatorOptions) },
    };

    [Theory, MemberData(nameof(Sections))]
    public void EverySettingReachesItsOption(string section, Type type)
    {
        object defaults = Activator.CreateInstance(type)!;
        int bound = 0;
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (OtherThan(property.GetValue(defaults), property.PropertyType) is { } value)
            {
                bound++;
                MeaiBudgetOptions options = OptionsWith($"{section}:{property.Name}", Convert.ToString(value, CultureInfo.InvariantCulture)!);
                Assert.Equal(value, property.GetValue(SectionOf(options, section)));
            }
        }

        Assert.True(bound > 3);
    }

    [Fact]
    public void TheBudgetLayerTakesTheSection()
    {
        using ServiceProvider services = ConfiguredServices.From(ConfiguredServices.With("Admission", "{ \"OutputFloor\": 7, \"Unconfirmed\": { \"Stream\": \"Full\" } }"));
        var options = BudgetOptions.From(services, given => given.Unconfirmed.Ambiguous = UnconfirmedCharge.Released);

        Assert.Equal((7, 16_384), (options.OutputFloor, options.DefaultOutputTokens));
        Assert.Equal((UnconfirmedCharge.Full, UnconfirmedCharge.Released), (options.Unconfirmed.Stream, options.Unconfirmed.Ambiguous));
        Assert.Equal(UnconfirmedCharge.InputPlusExpected, services.GetRequiredService<BudgetOptions>().Unconfirmed.Ambiguous);
        Assert.Null(options.ExceededBehavior);
    }

    [Fact]
    public void PipelinesOfOneContainerShareARetryBudget()
    {
        using ServiceProvider services = ConfiguredServices.From(ConfiguredServices.With("Retry", "{ \"MaxRetryRatio\": 0, \"MinRetriesPerMinute\": 1 }"));
        RetryOptions options = services.GetRequiredService<RetryOptions>();

        RetryBudget budget = options.Copy().BudgetFor(TimeProvider.System);

        Assert.Same(budget, options.Copy().BudgetFor(TimeProvider.System));
        Assert.NotSame(RetryBudget.Shared, budget);
        Assert.True(budget.TryRetry());
        Assert.False(budget.TryRetry());
    }

    [Fact]
    public void TheContainersRetryBudgetFollowsItsClock()
    {
        var clock = new FakeTimeProvider();
        using ServiceProvider services = ConfiguredServices.From(
            ConfiguredServices.With("Retry", "{ \"MaxRetryRatio\": 0, \"MinRetriesPerMinute\": 1 }"), configure: builder => builder.Services.AddSingleton<TimeProvider>(clock));
        RetryBudget budget = services.GetRequiredService<RetryOptions>().BudgetFor(TimeProvider.System);

        Assert.True(budget.TryRetry());
        Assert.False(budget.TryRetry());
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.True(budget.TryRetry());
    }

    [Fact]
    public void ALayerOfTheContainerMayHaveAShareOfItsOwn()
    {
        using ServiceProvider services = ConfiguredServices.From(ConfiguredServices.Good);
        RetryOptions changed = services.GetRequiredService<RetryOptions>().Copy();
        changed.MaxRetryRatio = 1;

        Assert.Equal(1, changed.BudgetFor(TimeProvider.System).Ratio);
    }

    [Fact]
    public void CodeMaySetWhatConfigurationCannot()
    {
        var budget = new RetryBudget();
        var clock = new FakeTimeProvider();
        using var cache = new TokenCountCache();
        using ServiceProvider services = ConfiguredServices.From(ConfiguredServices.Good, configure: builder => builder.Services.PostConfigure<MeaiBudgetOptions>(options =>
        {
            options.Retry.RetryBudget = budget;
            options.Estimation.TimeProvider = clock;
            options.Estimation.Cache = cache;
        }));
        TokenEstimatorOptions estimation = services.GetRequiredService<IOptionsMonitor<MeaiBudgetOptions>>().CurrentValue.Estimation.ForContainer(TimeProvider.System);

        Assert.Same(budget, services.GetRequiredService<RetryOptions>().BudgetFor(TimeProvider.System));
        Assert.Equal((clock, cache), (estimation.TimeProvider, estimation.Cache));
    }

    [Theory]
    [InlineData("Retry:RetryBudget", "{ \"Ratio\": 1 }")]
    [InlineData("Retry:Randomizer", "\"x\"")]
    [InlineData("Estimation:TimeProvider", "\"x\"")]
    public void WhatOnlyCodeCanSetIsAnUnknownSetting(string setting, string json)
    {
        string mistake = Assert.Single(ConfiguredServices.MistakesOf(ConfiguredServices.With(setting, json)));

        Assert.StartsWith($"MeaiBudget:{setting}: there is no such setting.", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void OptionsThatCodeChangedAreCheckedByTheSameRules()
    {
        string[] mistakes = ConfiguredServices.MistakesOf(ConfiguredServices.Good, configure: builder => builder.Services.PostConfigure<MeaiBudgetOptions>(options =>
        {
            options.Admission.OutputFloor = 0;
            options.Retry.MaxRetries = 101;
            options.Circuit.FailureRatio = double.NaN;
            options.Estimation.LearningCapacity = 0;
        }));

        Assert.Equal(
            [
                "MeaiBudget:Admission:OutputFloor: '0' is out of range. The value must be at least 1.",
                "MeaiBudget:Circuit:FailureRatio: 'NaN' is out of range. The value must be more than 0 and at most 1.",
                "MeaiBudget:Estimation:LearningCapacity: '0' is out of range. The value must be from 1 to 100000.",
                "MeaiBudget:Retry:MaxRetries: '101' is out of range. The value must be from 0 to 100.",
            ],
            mistakes.Order(StringComparer.Ordinal));
    }

    /// <summary>A value other than the default that the option allows; null if configuration cannot write it as one value.</summary>
    private static object? OtherThan(object? standard, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(int) ? 37
            : type == typeof(double) ? 0.375
            : type == typeof(TimeSpan) ? TimeSpan.FromSeconds(standard is TimeSpan { TotalSeconds: 60 } ? 61 : 60)
            : type == typeof(string) ? "something else"
            : type == typeof(bool) ? standard is not true
            : type.IsEnum ? Enum.GetValues(type).Cast<object>().First(value => !value.Equals(standard))
            : null;
    }

    private static object SectionOf(MeaiBudgetOptions options, string section) => section switch
    {
        "Admission" => options.Admission,
        "Admission:Unconfirmed" => options.Admission.Unconfirmed,
        "Retry" => options.Retry,
        "Circuit" => options.Circuit,
        "Logging" => options.Logging,
        _ => options.Estimation,
    };

    private static MeaiBudgetOptions OptionsWith(string setting, string value)
    {
        var variables = new Dictionary<string, string?>
        {
            [$"MeaiBudget:{setting}"] = value,

            // The longest backoff may not be below the shortest.
            ["MeaiBudget:Retry:MaxDelay"] = "00:01:00",
        };
        using ServiceProvider services = ConfiguredServices.From(ConfiguredServices.Good, variables);
        return services.GetRequiredService<IOptionsMonitor<MeaiBudgetOptions>>().CurrentValue;
    }
}
