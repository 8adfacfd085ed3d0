import { mount } from 'svelte';
import App from './App.svelte';
import { startListening } from './lib/keys';
import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';

startListening();
const target = document.getElementById('app');
if (target) mount(App, { target });
