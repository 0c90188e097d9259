import { openDouble } from '../doubles/gitea/played.ts';
import { giteaStory } from '../doubles/gitea/story.ts';

// The flow through the command line on the double, up to the first promotion; gitea.slow.ts has all of it, on a real Gitea too.

giteaStory('the Gitea double', openDouble, { whole: false });
