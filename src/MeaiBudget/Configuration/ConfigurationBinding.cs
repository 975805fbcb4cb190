using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace MeaiBudget;

/// <summary>Binds a configuration section to <see cref="MeaiBudgetOptions"/>. Values that cannot be read go into the list of mistakes.</summary>
internal sealed class ConfigurationBinding(IConfigurationSection section) : IConfigureOptions<MeaiBudgetOptions>
{
    /// <summary>Gets the section.</summary>
    public IConfigurationSection Section { get; } = section;

    /// <summary>Gets or sets a value indicating whether the application runs, so that its configuration is read again.</summary>
    public bool IsRunning { get; set; }

    public void Configure(MeaiBudgetOptions options)
    {
        IConfiguration readable = ConfigurationShape.Check(Section, out IReadOnlyList<ConfigurationProblem> problems);
        options.Unreadable = problems;
        readable.Bind(options);
        foreach ((string name, ModelSettings model) in options.Models)
        {
            // The binder leaves null for an empty list, but [] means that the model has no fallback.
            if (model.Fallback is null && readable[$"{nameof(options.Models)}:{name}:{nameof(model.Fallback)}"] is not null)
            {
                model.Fallback = [];
            }
        }
    }
}
